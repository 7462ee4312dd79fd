// Why a directory is left alone, found while its segments are looked at.

export const SurveyRefusal = {
  None: 0,
  UnknownMajor: 1,
  UnknownFeature: 2,
  /** No META, and files of two vaults. */
  TwoVaults: 3,
  /** A segment has the name of another file that must stay. */
  Names: 4,
} as const;
export type SurveyRefusal = (typeof SurveyRefusal)[keyof typeof SurveyRefusal];
