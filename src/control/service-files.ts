// The files that describe a set of services, as reflection hands them out: by name, or by a symbol
// that one of them defines; each with all that it imports, because clients want them together.

import { type DescFile, type DescMessage, type DescService, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

export class ServiceFiles {
  readonly serviceNames: readonly string[];
  readonly #fileByName = new Map<string, DescFile>();
  readonly #fileBySymbol = new Map<string, DescFile>();
  readonly #messageNames = new Set<string>();

  constructor(services: readonly DescService[]) {
    this.serviceNames = services.map(({ typeName }) => typeName).sort();
    for (const { file } of services) this.#add(file);
  }

  /**
   * Descriptors in protobuf, that of the file itself first; undefined: there is none.
   * @param name as an import has it
   */
  named(name: string): Uint8Array[] | undefined {
    return descriptorsOf(this.#fileByName.get(name));
  }

  /** @param symbol full name of a service, method, message, field, enum or one of its values */
  defining(symbol: string): Uint8Array[] | undefined {
    return descriptorsOf(this.#fileBySymbol.get(symbol));
  }

  hasMessage(typeName: string): boolean {
    return this.#messageNames.has(typeName);
  }

  #add(file: DescFile): void {
    if (this.#fileByName.has(file.proto.name)) return;
    this.#fileByName.set(file.proto.name, file);
    for (const symbol of symbolsOf(file)) this.#fileBySymbol.set(symbol, file);
    for (const { typeName } of messagesOf(file.messages)) this.#messageNames.add(typeName);
    for (const imported of file.dependencies) this.#add(imported);
  }
}

function descriptorsOf(file: DescFile | undefined): Uint8Array[] | undefined {
  if (file === undefined) return undefined;
  const files = new Set([file]);
  // Of a set, what is added meanwhile is visited too.
  for (const { dependencies } of files) for (const each of dependencies) files.add(each);
  return [...files].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
}

function* symbolsOf({ proto, services, messages, enums }: DescFile): Generator<string, undefined> {
  for (const { typeName, methods } of services) {
    yield typeName;
    for (const { name } of methods) yield `${typeName}.${name}`;
  }
  const all = messagesOf(messages);
  for (const { typeName, fields, oneofs } of all) {
    yield typeName;
    for (const { name } of [...fields, ...oneofs]) yield `${typeName}.${name}`;
  }
  for (const { typeName, parent, values } of [
    ...enums,
    ...all.flatMap((each) => each.nestedEnums),
  ]) {
    yield typeName;
    // Names of values stand beside that of their enum, not below it.
    for (const { name } of values) yield `${parent?.typeName ?? proto.package}.${name}`;
  }
}

function messagesOf(messages: readonly DescMessage[]): DescMessage[] {
  return messages.flatMap((message) => [message, ...messagesOf(message.nestedMessages)]);
}
