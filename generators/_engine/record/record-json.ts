import { posix } from 'node:path';

import type { Answers } from '../model/generator.ts';
import { attempt } from '../model/obstacle.ts';
import { joinRel, relativeRel, type RelPath } from '../model/paths.ts';
import { forbiddenFolder, isWholeFile, misplaced, type Role, roleOfPatch } from '../model/roles.ts';
import { isRecord } from '../repo/manifest.ts';
import type {
  GeneratedFile,
  Insertion,
  RecordedFile,
  RecordedPatch,
  RecordedRun,
  S2sRecord,
} from './s2s-record.ts';

/**
 * Takes the record of a folder from its JSON value. It comes with the repo, so a path in it is a place to write that
 * somebody else chose, and an answer becomes code. @throws Error with the reason when it cannot be understood
 */
export function recordOf(value: unknown, home: RelPath): S2sRecord {
  if (!isRecord(value)) throw new Error('it is not an object');
  if (value['schema'] !== 2) throw new Error(`schema ${String(value['schema'])} is not 2`);
  const { by, version } = value;
  if (!isVersion(version)) throw new Error('its version is invalid');
  if (by !== undefined && !isGenerator(by)) throw new Error('its generator is invalid');
  if (forbiddenFolder(home) !== undefined) throw new Error(`a record in ${JSON.stringify(home)} is not ours`);
  const names = { home, version, by };
  const files: (readonly [string, RecordedFile])[] = [];
  for (const [key, line] of entriesOf(value, 'files')) {
    const path = pathIn(home, key);
    files.push([path, generatedIn(path, line, names)]);
  }
  const used = value['usedBefore'] ?? [];
  if (!isTexts(used)) throw new Error('usedBefore is invalid');
  for (const [key, list] of entriesOf(value, 'patches')) {
    const path = pathIn(home, key);
    if (files.some(([other]) => other === path)) throw invalid(key);
    files.push([path, patchedIn(path, list, names, used)]);
  }
  const runs = entriesOf(value, 'runs').map(([key, answers]) => runIn(key, answers, version));
  const services = runs.length === 0 ? {} : { [home]: Object.fromEntries(runs) };
  return { services, files: Object.fromEntries(files) };
}

interface Names {
  readonly home: RelPath;
  readonly version: string;
  readonly by: string | undefined;
}

function entriesOf(value: Json, key: string): readonly (readonly [string, unknown])[] {
  const part = value[key] ?? {};
  if (!isRecord(part)) throw new Error(`${key} is not an object`);
  const entries = Object.entries(part);
  const bad = entries.find(([name]) => !isName(name));
  if (bad !== undefined) throw new Error(`${JSON.stringify(bad[0])} is not a name`);
  return entries;
}

/** A path as it is written, relative to the folder of the record. */
function pathIn(home: RelPath, key: string): RelPath {
  if (key.length > 1_000) throw new Error('a path in it is too long');
  const path = posix.isAbsolute(key) ? undefined : attempt(() => joinRel(home, key));
  if (path !== undefined && path !== '' && relativeRel(home, path) === key) return path;
  throw new Error(`${JSON.stringify(key)} is not a normalised path`);
}

const maker = /^([a-z][a-z0-9-]{0,60})(?:@([\w.+-]{1,60}))?$/;

/** `circuit-breaker 0123456789abcdef add-circuit-breaker@0.1.0 +add-s2s-metrics` */
function generatedIn(path: RelPath, line: unknown, { by, home, version }: Names): GeneratedFile {
  if (typeof line !== 'string' || line.length > 1_000) throw invalid(path);
  const [role = '', hash = '', ...makers] = line.split(' ');
  const also = makers.filter((one) => one.startsWith('+')).map((one) => one.slice(1));
  const [own, ...more] = makers.filter((one) => !one.startsWith('+'));
  const made = own === undefined ? [own, by, version] : maker.exec(own);
  const [, generator, since = version] = made ?? [];
  const isFit = /^[0-9a-f]{16}$/.test(hash) && more.length === 0 && also.every(isGenerator);
  if (!isFit || !isGenerator(generator)) throw invalid(path);
  assertPlace(path, isWholeFile(role as Role) ? misplaced(path, role as Role) : roleless(role));
  return { kind: 'generated', role: role as Role, home, generator, version: since, also, hash };
}

function patchedIn(
  path: RelPath,
  value: unknown,
  { by, home }: Names,
  used: readonly string[],
): RecordedFile {
  const lists = isRecord(value) ? value : { [by ?? '']: value };
  const patches = Object.entries(lists).map(([key, one]): RecordedPatch => {
    const [generator = '', named = roleOfPatch(path)] = key.split(' ');
    const role = named as Role;
    const list: unknown = typeof one === 'string' ? [one] : one;
    if (!isGenerator(generator) || !Array.isArray(list) || list.length > 200) throw invalid(path);
    assertPlace(path, isPatchRole(role) ? misplaced(path, role) : roleless(role));
    const insertions = list.map((one: unknown) => insertionIn(one) ?? fail(path));
    const usedBefore = used.filter((name) => insertions.some(({ text }) => text.includes(name)));
    return { generator, role, home, insertions, usedBefore };
  });
  const [first] = patches;
  if (first === undefined) throw invalid(path);
  return { kind: 'patched', role: first.role, patches };
}

function isPatchRole(role: Role): boolean {
  return ['registration', 'manifest', 'env', 'compose', 'attributes'].includes(role);
}

function runIn(key: string, answers: unknown, version: string): readonly [string, RecordedRun] {
  const [, generator, since = version] = maker.exec(key) ?? [];
  if (!isGenerator(generator) || !isAnswers(answers))
    throw new Error(`the run ${JSON.stringify(key)} is invalid`);
  return [generator, { version: since, answers }];
}

function invalid(path: string): Error {
  return new Error(`the entry of ${JSON.stringify(path)} is invalid`);
}

function fail(path: string): never {
  throw invalid(path);
}

function roleless(role: string): string {
  return `has the role ${JSON.stringify(role.slice(0, 40))}, which no generator gives`;
}

function isGenerator(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z0-9-]{0,60}$/.test(value) && isName(value);
}

function isVersion(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.+-]{1,60}$/.test(value);
}

function assertPlace(path: string, reason: string | undefined): void {
  if (reason !== undefined) throw new Error(`${JSON.stringify(path)} ${reason}`);
}

type Json = Readonly<Record<string, unknown>>;

/** A key that stands for itself alone: `constructor` and `__proto__` are found in every object. */
function isName(key: string): boolean {
  return !(key in Object.prototype);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((line) => typeof line === 'string');
}

/** What flags can be: no objects in objects, nothing that an editor does not show. */
function isAnswers(value: unknown): value is Answers {
  const isText = (one: unknown): boolean =>
    typeof one === 'string' && one.length <= 1_000 && !/\p{Cc}/u.test(one);
  return (
    isRecord(value) &&
    Object.entries(value).every(
      ([key, answer]) =>
        isName(key) &&
        (typeof answer === 'boolean' || isText(answer) || (Array.isArray(answer) && answer.every(isText))),
    )
  );
}

/** As it is written: the text, `[replaced, text]`, or an object where it is one of many equal places. */
export function insertionJson({ place, replaced, text }: Insertion): unknown {
  if (place !== undefined) return { text, ...(replaced !== undefined && { replaced }), place };
  return replaced === undefined ? text : [replaced, text];
}

/** Undefined for what no generator writes. */
function insertionIn(value: unknown): Insertion | undefined {
  if (typeof value === 'string') return fit({ text: value });
  if (Array.isArray(value)) {
    const [replaced, text] = value as readonly unknown[];
    const isPair = value.length === 2 && typeof replaced === 'string' && typeof text === 'string';
    return isPair ? fit({ text, replaced }) : undefined;
  }
  if (!isRecord(value)) return undefined;
  const { place, replaced, text } = value;
  if (typeof text !== 'string' || (replaced !== undefined && typeof replaced !== 'string')) return undefined;
  if (!Array.isArray(place) || place.length !== 2 || !place.every(isCount)) return undefined;
  const [index, count] = place as unknown as readonly [number, number];
  return index > count
    ? undefined
    : fit({ text, ...(replaced !== undefined && { replaced }), place: [index, count] });
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 10_000;
}

/** More than a generator puts into a place. */
const maxChars = 20_000;

/** Nothing is never put in. */
function fit(insertion: Insertion): Insertion | undefined {
  const chars = insertion.text.length + (insertion.replaced?.length ?? 0);
  return insertion.text === '' || chars > maxChars ? undefined : insertion;
}
