// The reflection protocol of gRPC, from which grpcurl and its like learn what there is to call. It
// says what exists, not what its caller may do.

import type { ConnectRouter } from '@connectrpc/connect';
import { Status } from '../errors.ts';
import {
  ServerReflection,
  type ServerReflectionRequest,
} from '../generated/grpc/reflection/v1/reflection_pb.js';
import {
  ServerReflection as ServerReflectionAlpha,
  type ServerReflectionRequest as ServerReflectionRequestAlpha,
} from '../generated/grpc/reflection/v1alpha/reflection_pb.js';
import { ServiceFiles } from './service-files.ts';

/** In both of its versions, which differ in the name alone; of all services that there are then. */
export function serveReflection(router: ConnectRouter): void {
  router.service(ServerReflection, { serverReflectionInfo: answers });
  router.service(ServerReflectionAlpha, { serverReflectionInfo: answers });
  const services = new Set(router.handlers.map(({ service }) => service));

  async function* answers<Request extends ReflectionRequest>(requests: AsyncIterable<Request>) {
    // Made for each that asks, because nearly nobody does.
    const files = new ServiceFiles([...services]);
    for await (const request of requests) {
      yield {
        validHost: request.host,
        originalRequest: request,
        messageResponse: reflectionAnswer(files, request),
      };
    }
  }
}

type ReflectionRequest = ServerReflectionRequest | ServerReflectionRequestAlpha;

function reflectionAnswer(files: ServiceFiles, { messageRequest }: ReflectionRequest) {
  switch (messageRequest.case) {
    case 'listServices': {
      const service = files.serviceNames.map((name) => ({ name }));
      return { case: 'listServicesResponse', value: { service } } as const;
    }
    case 'fileByFilename':
      return fileAnswer(files.named(messageRequest.value), messageRequest.value);
    case 'fileContainingSymbol':
      return fileAnswer(files.defining(messageRequest.value), messageRequest.value);
    case 'allExtensionNumbersOfType': {
      const baseTypeName = messageRequest.value;
      if (!files.hasMessage(baseTypeName)) return notFound(baseTypeName);
      return { case: 'allExtensionNumbersResponse', value: { baseTypeName } } as const;
    }
    case 'fileContainingExtension':
      return notFound(`an extension of ${messageRequest.value.containingType}`);
    default:
      return fault(Status.InvalidArgument, 'the request asks for nothing');
  }
}

function fileAnswer(fileDescriptorProto: Uint8Array[] | undefined, what: string) {
  if (fileDescriptorProto === undefined) return notFound(what);
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } } as const;
}

function notFound(what: string) {
  return fault(Status.NotFound, `there is no ${what}`);
}

function fault(errorCode: Status, errorMessage: string) {
  return { case: 'errorResponse', value: { errorCode, errorMessage } } as const;
}
