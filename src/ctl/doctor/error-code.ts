// What the system calls an error: `EACCES`. What has no code is not the system's doing but a bug.

export function errorCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) throw error;
  return String(error.code);
}
