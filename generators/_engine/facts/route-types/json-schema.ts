import { isIdentifier } from '../../syntax/print.ts';
import {
  nothingShape,
  type Shape,
  type ShapeMember,
  type TypeNames,
  unionOf,
  unknownShape,
} from './shape.ts';

/** A part of a schema that is no JSON schema: its type is known by other means. */
export class KnownShape {
  readonly shape: Shape;

  constructor(shape: Shape) {
    this.shape = shape;
  }
}

type Json = Readonly<Record<string, unknown>>;

/** How schemas are read: `answers` have their defaults filled in; `find` knows what `$ref` names beyond the schema itself. */
export interface SchemaContext {
  readonly names: TypeNames;
  readonly answers: boolean;
  find(ref: string): unknown;
}

const maxDepth = 40;

/** The shape of a JSON schema, of draft 4 to 2020-12 and as OpenAPI writes them. */
export function shapeOfSchema(schema: unknown, context: SchemaContext, root = schema, depth = 0): Shape {
  if (schema instanceof KnownShape) return schema.shape;
  if (!isJson(schema) || depth > maxDepth) return unknownShape;
  const inner = (one: unknown): Shape => shapeOfSchema(one, context, root, depth + 1);
  const ref = schema['$ref'];
  if (typeof ref === 'string') return referred(ref, context, root, depth);
  const shape = alternatives(schema, inner) ?? typed(schema, context, inner);
  return schema['nullable'] === true ? unionOf([shape, { kind: 'null' }]) : shape;
}

function alternatives(schema: Json, inner: (one: unknown) => Shape): Shape | undefined {
  const values = Array.isArray(schema['enum']) ? (schema['enum'] as unknown[]) : undefined;
  if (Object.hasOwn(schema, 'const')) return literalOf(schema['const']);
  if (values !== undefined) return unionOf(values.map(literalOf));
  for (const key of ['anyOf', 'oneOf']) {
    const parts = schema[key];
    if (Array.isArray(parts)) return unionOf(parts.map(inner));
  }
  return undefined;
}

function literalOf(value: unknown): Shape {
  if (value === null) return { kind: 'null' };
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? { kind: 'literal', value }
    : unknownShape;
}

function typed(schema: Json, context: SchemaContext, inner: (one: unknown) => Shape): Shape {
  const { type } = schema;
  if (Array.isArray(type))
    return unionOf(type.map((one: unknown) => typed({ ...schema, type: one }, context, inner)));
  switch (type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return { kind: type };
    case 'integer':
      return { kind: 'number' };
    case 'array':
      return { kind: 'array', of: itemsOf(schema, inner) };
    default:
      return type === 'object' || isJson(schema['properties']) || Array.isArray(schema['allOf'])
        ? objectOf(schema, context, inner)
        : unknownShape;
  }
}

function itemsOf({ items, prefixItems }: Json, inner: (one: unknown) => Shape): Shape {
  const listed = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : undefined;
  return listed === undefined ? inner(items) : unionOf(listed.map(inner));
}

function objectOf(schema: Json, context: SchemaContext, inner: (one: unknown) => Shape): Shape {
  const { additionalProperties, allOf, patternProperties, properties, required } = schema;
  const byPattern = isJson(patternProperties) ? Object.values(patternProperties) : [];
  const more = byPattern.length > 0 ? { anyOf: byPattern } : additionalProperties;
  const names: readonly unknown[] = Array.isArray(required) ? required : [];
  const own = Object.entries(isJson(properties) ? properties : {}).map(([name, one]): ShapeMember => {
    const hasDefault = isJson(one) && Object.hasOwn(one, 'default');
    const isSent = context.answers ? hasDefault || names.includes(name) : names.includes(name) && !hasDefault;
    return { name, shape: inner(one), optional: !isSent };
  });
  const parts = Array.isArray(allOf) ? allOf.map(inner) : [];
  const inherited = parts.flatMap((part) => membersOf(part, context));
  const members = [...new Map([...inherited, ...own].map((one) => [one.name, one])).values()].map((one) => ({
    ...one,
    optional: one.optional && !names.includes(one.name),
  }));
  if (members.length > 0) return { kind: 'object', members };
  // Nothing that is not declared gets through a serializer.
  if (more === undefined && context.answers) return { kind: 'object', members };
  return { kind: 'object', members, rest: more === undefined || more === true ? unknownShape : inner(more) };
}

function membersOf(shape: Shape, { names }: SchemaContext): readonly ShapeMember[] {
  const found = shape.kind === 'named' ? names.shapes.get(shape.name) : shape;
  return found?.kind === 'object' ? found.members : [];
}

/** `#/definitions/User`, `User#`, `#/components/schemas/User`, `User#/properties/id`. */
function referred(ref: string, context: SchemaContext, root: unknown, depth: number): Shape {
  const [id = '', pointer = ''] = ref.split('#');
  const base = id === '' ? root : context.find(id);
  const found =
    id === '' && ref.startsWith('#/') ? (below(root, pointer) ?? context.find(ref)) : below(base, pointer);
  if (!isJson(found)) return found instanceof KnownShape ? found.shape : unknownShape;
  const last = decoded(pointer.split('/').at(-1) ?? '') || id;
  const name = typeNameOf(typeof found['title'] === 'string' ? found['title'] : last);
  const find = (): Shape => shapeOfSchema(found, context, id === '' ? root : base, depth + 1);
  return name === undefined ? find() : context.names.named(found, name, find);
}

function below(base: unknown, pointer: string): unknown {
  let found = base;
  for (const part of pointer.split('/').filter((one) => one !== '')) {
    const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~');
    found = isJson(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  return found;
}

/** As it is where it is not percent-encoded. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** `user-address` → `UserAddress`; undefined for what makes no name. */
function typeNameOf(text: string): string | undefined {
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return isIdentifier(name) ? name : undefined;
}

export function isJson(value: unknown): value is Json {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof KnownShape)
  );
}

/** A schema that says that there is no body: `{ type: 'null' }`, as Fastify's documentation has it for a 204. */
export function answerOfSchema(schema: unknown, context: SchemaContext): Shape {
  const shape = shapeOfSchema(schema, context);
  return shape.kind === 'null' ? nothingShape : shape;
}
