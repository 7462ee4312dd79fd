// The control port as programs of other languages see it: gRPC by grpc-js, a client that shares
// nothing with the server's library.

import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import {
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { StatusSchema } from '../../src/generated/google/rpc/status_pb.js';
import type { PemPair } from '../../src/tls/certificate-authority.ts';
import { testCertificates } from '../support/certificates.ts';

export interface GrpcOutcome {
  readonly status: number;
  readonly errorText: string;
  /** `reason` of the ErrorInfo, if there is one. */
  readonly reason: string | undefined;
}

/** What a call needs of a method's description, with or without its types. */
type Procedure<I extends DescMessage, O extends DescMessage> = Pick<
  DescMethod,
  'name' | 'parent'
> & { readonly input: I; readonly output: O };

const deadlineMs = 10_000;

export class GrpcCaller {
  readonly #client: Client;

  static async create(port: number, pair: PemPair): Promise<GrpcCaller> {
    const { caPem } = await testCertificates();
    const pem = [caPem, pair.keyPem, pair.certPem].map((text) => Buffer.from(text));
    const [ca, key, cert] = pem as [Buffer, Buffer, Buffer]; // three in, three out
    const tls = credentials.createSsl(ca, key, cert);
    // No server has an IP address as its name in TLS, and grpc-js would ask for it.
    const options = { 'grpc.ssl_target_name_override': 'localhost' };
    return new GrpcCaller(new Client(`127.0.0.1:${port}`, tls, options));
  }

  private constructor(client: Client) {
    this.#client = client;
  }

  call<I extends DescMessage, O extends DescMessage>(
    method: Procedure<I, O>,
    init?: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    const { promise, resolve, reject } = Promise.withResolvers<MessageShape<O>>();
    this.#client.makeUnaryRequest(
      pathOf(method),
      encode(method.input),
      decode(method.output),
      create(method.input, init),
      new Metadata(),
      { deadline: Date.now() + deadlineMs },
      (error, answer) => {
        if (error !== null) reject(error);
        else if (answer === undefined) reject(new Error('neither an error nor an answer'));
        else resolve(answer);
      },
    );
    return promise;
  }

  watch<I extends DescMessage, O extends DescMessage>(
    method: Procedure<I, O>,
    init?: MessageInitShape<I>,
  ): ClientReadableStream<MessageShape<O>> {
    return this.#client.makeServerStreamRequest(
      pathOf(method),
      encode(method.input),
      decode(method.output),
      create(method.input, init),
      new Metadata(),
      { deadline: Date.now() + deadlineMs },
    );
  }

  /** A stream both ways, which stays open until one side ends it. */
  converse<I extends DescMessage, O extends DescMessage>(
    method: Procedure<I, O>,
  ): ClientDuplexStream<MessageShape<I>, MessageShape<O>> {
    return this.#client.makeBidiStreamRequest(
      pathOf(method),
      encode(method.input),
      decode(method.output),
      new Metadata(),
    );
  }

  /** How a call with an empty request goes; of a stream: until it says something. */
  async outcome(method: DescMethod): Promise<GrpcOutcome> {
    try {
      if (method.methodKind === 'unary') await this.call(method);
      else if (method.methodKind === 'server_streaming') await firstOf(this.watch(method));
      else throw new Error(`${method.name} streams upwards`);
      return { status: 0, errorText: '', reason: undefined };
    } catch (error) {
      return outcomeOf(error);
    }
  }

  close(): void {
    this.#client.close();
  }
}

/** The first message; then the stream is cancelled. */
export async function firstOf<T>(stream: ClientReadableStream<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  stream.once('data', resolve);
  stream.on('error', reject);
  stream.once('end', () => reject(new Error('it ended without a message')));
  try {
    return await promise;
  } finally {
    stream.cancel();
  }
}

/** Of an error that a call threw; anything else is thrown again. */
export function outcomeOf(error: unknown): GrpcOutcome {
  if (!isServiceError(error)) throw error;
  const { code: status, details: errorText, metadata } = error;
  return { status, errorText, reason: reasonOf(metadata) };
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'metadata' in error && 'details' in error;
}

/** Field 1 of google.rpc.ErrorInfo, a string, comes first. */
function reasonOf(metadata: Metadata): string | undefined {
  const [packed] = metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(packed)) return undefined;
  const { details } = fromBinary(StatusSchema, packed);
  const value = details.find(({ typeUrl }) => typeUrl.endsWith('/google.rpc.ErrorInfo'))?.value;
  return value === undefined ? undefined : firstString(value);
}

export function firstString(message: Uint8Array): string | undefined {
  if (message[0] !== 0x0a) return undefined;
  return Buffer.from(message.subarray(2, 2 + (message[1] ?? 0))).toString();
}

function pathOf({ parent, name }: Pick<DescMethod, 'name' | 'parent'>): string {
  return `/${parent.typeName}/${name}`;
}

function encode<D extends DescMessage>(schema: D): (message: MessageShape<D>) => Buffer {
  return (message) => Buffer.from(toBinary(schema, message));
}

function decode<D extends DescMessage>(schema: D): (bytes: Buffer) => MessageShape<D> {
  return (bytes) => fromBinary(schema, bytes);
}
