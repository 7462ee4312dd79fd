// What an HTTP status means to a gRPC client that got no gRPC answer.

import { Status } from '../errors.ts';

/** grpc/grpc doc/http-grpc-status-mapping.md */
export function statusOfHttp(httpStatus: number): Status {
  switch (httpStatus) {
    case 400:
      return Status.Internal;
    case 401:
      return Status.Unauthenticated;
    case 403:
      return Status.PermissionDenied;
    case 404:
      return Status.Unimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return Status.Unavailable;
    default:
      return Status.Unknown;
  }
}
