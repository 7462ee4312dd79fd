// Maps of components, whose ids are `type` or `type/name` and whose type decides the schema of the
// value: receivers, processors, exporters. Plain zod records have one schema for all values.

import { z } from 'zod';
import { nearest } from './did-you-mean.ts';
import { factsOf, told } from './schema-keys.ts';

type AnySchemas = Readonly<Record<string, z.ZodType>>;

// Written only while the schema's modules load.
const componentTypes = new WeakMap<z.ZodType, ComponentTypes<AnySchemas>>();

export interface ComponentTypes<Schemas extends AnySchemas> {
  readonly schemas: Schemas;
  /** Old names that still work, with a notice. */
  readonly renamed: Readonly<Record<string, string>>;
  /** Said about every other type. */
  readonly otherTypes: string;
}

/** The parsed components, in the order written. */
export type Component<Schemas extends AnySchemas> = {
  [Type in keyof Schemas & string]: {
    readonly id: string;
    readonly type: Type;
    readonly block: z.output<Schemas[Type]>;
  };
}[keyof Schemas & string];

/** The types behind a schema made by componentMap(); undefined for other schemas. */
export function componentTypesOf(schema: z.ZodType): ComponentTypes<AnySchemas> | undefined {
  return componentTypes.get(schema);
}

export function componentSchema(
  types: ComponentTypes<AnySchemas>,
  id: string,
): z.ZodType | undefined {
  const type = typeOf(id);
  const name = Object.hasOwn(types.renamed, type) ? types.renamed[type] : type;
  return name !== undefined && Object.hasOwn(types.schemas, name) ? types.schemas[name] : undefined;
}

export function componentMap<Schemas extends AnySchemas>(
  reason: string,
  types: ComponentTypes<Schemas>,
) {
  const schema = z.record(z.string(), z.unknown()).transform((map, context) => {
    const components: Component<Schemas>[] = [];
    for (const [id, value] of Object.entries(map)) {
      const found = componentSchema(types, id);
      const fault = idFault(id) ?? (found === undefined ? unknownType(id, types) : undefined);
      if (fault !== undefined || found === undefined) {
        context.issues.push({
          code: 'custom',
          input: value,
          message: fault ?? '',
          path: [id],
          params: { part: 'key' },
        });
        continue;
      }
      const parsed = found.safeParse(value);
      for (const issue of parsed.error?.issues ?? []) {
        // An issue that was raised once is raised again with a longer path; its other fields stay.
        context.issues.push({ ...issue, input: undefined, path: [id, ...issue.path] } as never);
      }
      if (!parsed.success) continue;
      const type = types.renamed[typeOf(id)] ?? typeOf(id);
      // The compiler cannot follow that `type` chose the schema which made `data`.
      components.push({ id, type, block: parsed.data } as Component<Schemas>);
    }
    return components;
  });
  const described = told(schema, { effect: 'honoured', type: 'map of components', reason });
  componentTypes.set(described, types);
  return described;
}

/** `otlp_grpc/central` is of type `otlp_grpc`. */
export function typeOf(id: string): string {
  const slash = id.indexOf('/');
  return slash === -1 ? id : id.slice(0, slash);
}

function idFault(id: string): string | undefined {
  return /^[a-zA-Z][\w]{0,62}(?:\/[\w.-]{1,128})?$/.test(id)
    ? undefined
    : 'an id is type or type/name, of letters, digits, "_", "-" and "."';
}

function unknownType(id: string, types: ComponentTypes<AnySchemas>): string {
  const known = Object.keys(types.schemas).filter(
    (type) => factsOf(types.schemas[type] ?? z.never())?.effect === 'honoured',
  );
  const best = nearest(typeOf(id), known);
  return best === undefined
    ? `unknown type (${types.otherTypes})`
    : `unknown type, did you mean "${best}"?`;
}
