// YAML for commands that read or print it, loaded on first use. A file of ours, because import() of
// a package in CommonJS has no names once it is bundled.

export { parse, stringify } from 'yaml';
