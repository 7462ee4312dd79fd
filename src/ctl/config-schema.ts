// `gs-ctl config schema`: the JSON Schema of the configuration that this version knows, for
// editors.

import { jsonSchema } from '../config/schema-json.ts';
import { CtlExit } from './exit-code.ts';
import { type Terminal, yamlText } from './terminal.ts';

/** The schema alone, because editors read it: it has no apiVersion. */
export async function configSchema(terminal: Terminal): Promise<CtlExit> {
  const schema = jsonSchema();
  const isYaml = terminal.format === 'yaml';
  terminal.out(isYaml ? await yamlText(schema) : `${JSON.stringify(schema, undefined, 2)}\n`);
  return CtlExit.Done;
}
