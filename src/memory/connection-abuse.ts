// The bounds of a connection that peers may run into, each with a word on the state page.

/** What peers did against the rules of a connection, one word each: how often a bound was met. */
export const ConnectionAbuse = {
  HeaderList: 0,
  ContinuationFlood: 1,
  HpackBomb: 2,
  HpackSyntax: 3,
  RapidReset: 4,
  SettingsFlood: 5,
  /** Our SETTINGS were not acknowledged. */
  SettingsTimeout: 6,
  PingFlood: 7,
  EmptyFrames: 8,
  /** DATA frames of less than 64 bytes. */
  SmallData: 9,
  /** More padding than a message may have. */
  ExcessPadding: 10,
  /** A pad length that the payload does not hold. */
  Padding: 11,
  WindowUpdateZero: 12,
  WindowOverflow: 13,
  DataBeyondWindow: 14,
  WindowUpdateFlood: 15,
  PriorityFlood: 16,
  UnknownFrames: 17,
  SlowSender: 18,
  SlowReader: 19,
  /** A stream more than may be open at once. */
  ConcurrentStreams: 20,
  /** A connection that went on opening such streams. */
  RefusedStreamFlood: 21,
  /** TLS handshakes that took too long. */
  Handshake: 22,
  /** No connection preface, or too late. */
  Preface: 23,
  /** Any other frame that RFC 9113 forbids. */
  FrameSyntax: 24,
} as const;
export type ConnectionAbuse = (typeof ConnectionAbuse)[keyof typeof ConnectionAbuse];
