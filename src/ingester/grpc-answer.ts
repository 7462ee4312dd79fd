// An Answer as gRPC headers and trailers. Errors are trailers-only; those that the producer should
// retry carry RetryInfo, and a malformed request carries BadRequest (OTLP 1.11, "Failures").

import { errorTable } from '../errors.ts';
import { frameMessage } from '../grpc/message-frame.ts';
import { encodeStatusDetailsHeader } from '../grpc/retry-info.ts';
import { encodeStatusMessage } from '../grpc/status-message.ts';
import { FieldBlock, type HeaderFields } from '../http2/field-block.ts';
import { encodeExportResponse } from '../otlp/export-response.ts';
import { type AnswerForm, badRequestOf, errorText, okText } from './answer-form.ts';

export const grpcAnswers: AnswerForm = {
  ok(stream, rejectedRecords, message) {
    const body =
      rejectedRecords === 0 && message === ''
        ? emptyMessage
        : frameMessage(encodeExportResponse({ rejectedRecords, message: okText(message) }));
    stream.respond(okHeaders, body, okTrailers);
  },

  error(stream, code, message, retryDelayMs) {
    const text = errorText(code, message);
    const status = errorTable[code].grpc;
    const fields: HeaderFields[number][] = [
      ...okFields,
      ['grpc-status', String(status)],
      ['grpc-message', encodeStatusMessage(text)],
    ];
    const badRequest = badRequestOf(code, text);
    if (retryDelayMs !== undefined || badRequest !== undefined) {
      const details = { code: status, message: text, retryDelayMs, badRequest };
      fields.push(['grpc-status-details-bin', encodeStatusDetailsHeader(details)]);
    }
    if (code === 'ENCODING_UNKNOWN') fields.push(['grpc-accept-encoding', 'identity,gzip,zstd']);
    stream.respond(new FieldBlock(fields));
  },
};

const okFields: HeaderFields = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
];

// The same three every time: the transport encodes them once.
const okHeaders = new FieldBlock(okFields);
const okTrailers = new FieldBlock([['grpc-status', '0']]);
const emptyMessage = frameMessage(new Uint8Array(0));
