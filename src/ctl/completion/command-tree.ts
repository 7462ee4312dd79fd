// What a completion script has to know of the commands, and no more.

import type { Argument, Command, Option } from 'commander';
import { leadingOptions } from '../leading-flags.ts';

export interface CommandNode {
  /** With the names before it: "gs-ctl override set". */
  readonly path: readonly string[];
  readonly description: string;
  /** Its own and those that every command has; of the program, those that may stand first. */
  readonly flags: readonly FlagNode[];
  readonly argument: ValueNode;
  readonly commands: readonly CommandNode[];
}

export interface FlagNode {
  /** "-o" */
  readonly short: string | undefined;
  /** "--output" */
  readonly long: string;
  readonly description: string;
  readonly isRepeatable: boolean;
  readonly value: ValueNode;
}

export type ValueNode =
  | { readonly kind: 'none' }
  | { readonly kind: 'choice'; readonly words: readonly string[] }
  | { readonly kind: 'file' }
  /** A name of the context files, which change: the script asks for them. */
  | { readonly kind: 'context' }
  /** Something that nobody can guess. */
  | { readonly kind: 'text' };

export function commandTree(program: Command): CommandNode {
  return node(program, [program.name()], program.options.map(flagNode));
}

/** The node itself and all below it. */
export function nodesOf(tree: CommandNode): CommandNode[] {
  return [tree, ...tree.commands.flatMap(nodesOf)];
}

/** What a script runs for the names of contexts; they are words that no shell expands. */
export const contextNamesCommand = 'gs-ctl contexts --names 2>/dev/null';

/** Every spelling of flags that take a value, of all commands. */
export function valueFlags(tree: CommandNode): string[] {
  const spellings = nodesOf(tree).flatMap(({ flags }) =>
    flags.filter(({ value }) => value.kind !== 'none').flatMap(spellingsOf),
  );
  return [...new Set(spellings)].sort();
}

export function spellingsOf({ short, long }: FlagNode): string[] {
  return short === undefined ? [long] : [short, long];
}

const helpFlag: FlagNode = {
  short: '-h',
  long: '--help',
  description: 'what it does, its flags and examples',
  isRepeatable: false,
  value: { kind: 'none' },
};

function node(
  command: Command,
  path: readonly string[],
  globalFlags: readonly FlagNode[],
): CommandNode {
  const isProgram = path.length === 1;
  const flags = isProgram
    ? leadingOptions().map(flagNode)
    : [...command.options.map(flagNode), ...globalFlags];
  return {
    path,
    description: command.description(),
    flags: [...flags, helpFlag],
    argument: argumentNode(command.registeredArguments[0]),
    commands: command.commands.map((child) => node(child, [...path, child.name()], globalFlags)),
  };
}

function flagNode(option: Option): FlagNode {
  return {
    short: option.short,
    long: option.long ?? option.flags,
    description: option.description,
    // Such a one collects its values.
    isRepeatable: Array.isArray(option.defaultValue),
    value: option.required ? valueNode(option.argChoices, option.flags) : { kind: 'none' },
  };
}

function argumentNode(argument: Argument | undefined): ValueNode {
  if (argument === undefined) return { kind: 'none' };
  return valueNode(argument.argChoices, `<${argument.name()}>`);
}

function valueNode(choices: readonly string[] | undefined, flags: string): ValueNode {
  if (choices !== undefined) return { kind: 'choice', words: choices };
  if (flags.includes('<context>')) return { kind: 'context' };
  return { kind: /<(file|dir)>/.test(flags) ? 'file' : 'text' };
}
