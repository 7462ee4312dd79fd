// What a caller of the control port is told when a call fails: a status of gRPC; in front of the
// text our own code, since the text is what every client shows; and the code once more as a
// google.rpc.ErrorInfo, for programs.

import { Code, ConnectError } from '@connectrpc/connect';
import { type ErrorCode, errorTable } from '../errors.ts';

/** @param message what, which one, and the limit; without the code */
export function rpcFault(code: ErrorCode, message: string): ConnectError {
  return fault(code, message, errorTable[code].grpc);
}

/** What rpcFault() was given; of another error, gRPC's name for it. */
export function faultParts({ rawMessage, code }: ConnectError): { code: string; message: string } {
  const [, ours = '', message = ''] = /^([A-Z_]+): (.*)$/s.exec(rawMessage) ?? [];
  return ours in errorTable ? { code: ours, message } : { code: Code[code], message: rawMessage };
}

/** The answer to a call that ran into a fault of ours; the log has what it was. */
export function internalFault(): ConnectError {
  return fault('INTERNAL_FAULT', 'a fault of ours, the engine goes on; see its log', Code.Internal);
}

function fault(code: ErrorCode, message: string, status: Code): ConnectError {
  const error = new ConnectError(`${code}: ${message}`, status);
  error.details.push({ type: 'google.rpc.ErrorInfo', value: errorInfo(code) });
  return error;
}

// google/rpc/error_details.proto, ErrorInfo: reason = 1, domain = 2, both text. Its generated
// code would be 20 KiB for these bytes.
function errorInfo(reason: ErrorCode): Uint8Array {
  return Buffer.concat([textField(1, reason), textField(2, 'gophership')]);
}

/** Of less than 128 bytes: their number is one byte. */
function textField(field: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.of((field << 3) | 2, bytes.length), bytes]);
}
