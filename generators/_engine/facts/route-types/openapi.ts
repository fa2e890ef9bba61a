import type { Route } from '../../model/app-facts.ts';
import { RefusalError } from '../../model/obstacle.ts';
import type { RelPath } from '../../model/paths.ts';
import { answerOfSchema, isJson, type SchemaContext, shapeOfSchema } from './json-schema.ts';
import { type Shape, takesBody, type TypedRoute, TypeNames, unionOf, unknownShape } from './shape.ts';
import type { RouteTypes } from './route-reader.ts';

/** What an OpenAPI document says of a service. */
export interface OpenApiService extends RouteTypes {
  readonly title: string | undefined;
  /** The first server with an absolute URL of plain characters: it goes into environment files, which shells read too. */
  readonly url: string | undefined;
}

type Json = Readonly<Record<string, unknown>>;

const methods = ['get', 'put', 'post', 'delete', 'patch'];

/** Reads an OpenAPI 3 document. @throws RefusalError E_INVALID_FLAG when it is none */
export function readOpenApi(document: unknown, path: RelPath): OpenApiService {
  const paths = isJson(document) ? document['paths'] : undefined;
  if (!isJson(document) || !isJson(paths)) throw notOpenApi(path);
  const names = new TypeNames();
  const reader = new OperationReader(document, names);
  const routes = Object.entries(paths).flatMap(([url, item]) =>
    methods.flatMap((method) => {
      const operation = isJson(item) ? item[method] : undefined;
      if (!isJson(item) || !isJson(operation)) return [];
      const route = { method: method.toUpperCase(), url: url.replace(/\{([^}]+)\}/g, ':$1'), path, line: 1 };
      return [reader.read(route, operation, item)];
    }),
  );
  const info = isJson(document['info']) ? document['info'] : {};
  const title = typeof info['title'] === 'string' ? info['title'] : undefined;
  return { routes, types: names.shapes, missing: [], title, url: serverOf(document) };
}

function serverOf({ servers }: Json): string | undefined {
  const urls = (Array.isArray(servers) ? servers : []).map((one: unknown) =>
    isJson(one) ? one['url'] : undefined,
  );
  return urls.find(
    (url): url is string => typeof url === 'string' && /^https?:\/\/[\w.~:/%[\]-]+$/.test(url),
  );
}

class OperationReader {
  readonly #document: Json;
  readonly #names: TypeNames;

  constructor(document: Json, names: TypeNames) {
    this.#document = document;
    this.#names = names;
  }

  read(route: Route, operation: Json, item: Json): TypedRoute {
    const parameters = [...listOf(item['parameters']), ...listOf(operation['parameters'])].map((one) =>
      this.#resolved(one),
    );
    const responses = isJson(operation['responses']) ? operation['responses'] : {};
    const answers = Object.entries(responses).map(([status, response]) => ({
      status: status === 'default' && Object.keys(responses).length === 1 ? '200' : status,
      shape: this.#content(response, true),
    }));
    const good = answers.filter(({ status }) => status.startsWith('2')).map(({ shape }) => shape);
    const { operationId } = operation;
    return {
      route,
      ...(typeof operationId === 'string' && { operationId }),
      params: this.#parameters(parameters, 'path'),
      query: this.#parameters(parameters, 'query'),
      body: takesBody(route) ? this.#content(operation['requestBody'], false) : undefined,
      answer: good.length === 0 ? unknownShape : unionOf(good),
      failures: answers
        .filter(({ status }) => /^[345]\d\d$/.test(status))
        .map(({ shape, status }) => ({ status: Number(status), shape })),
    };
  }

  #context(answers: boolean): SchemaContext {
    return { names: this.#names, answers, find: () => undefined };
  }

  /** `#/components/parameters/Page`. */
  #resolved(value: unknown): Json {
    if (!isJson(value)) return {};
    const ref = value['$ref'];
    if (typeof ref !== 'string') return value;
    const found = ref
      .replace(/^#\//, '')
      .split('/')
      .reduce<unknown>(
        (at, key) => (isJson(at) && Object.hasOwn(at, key) ? at[key] : undefined),
        this.#document,
      );
    return isJson(found) ? found : {};
  }

  #parameters(parameters: readonly Json[], place: 'path' | 'query'): Shape {
    const own = parameters.filter((one) => one['in'] === place && typeof one['name'] === 'string');
    if (own.length === 0) return unknownShape;
    const members = own.map((one) => ({
      name: String(one['name']),
      shape: this.#shapeOf(one['schema'], false),
      optional: one['required'] !== true,
    }));
    return { kind: 'object', members };
  }

  #content(value: unknown, answers: boolean): Shape {
    const { content } = this.#resolved(value);
    if (!isJson(content)) return answers ? { kind: 'nothing' } : unknownShape;
    const type = Object.keys(content).find((one) => /^application\/(?:[\w.-]+\+)?json/.test(one));
    const media = type === undefined ? undefined : content[type];
    return this.#shapeOf(isJson(media) ? media['schema'] : undefined, answers);
  }

  /** Its `$ref`s are of the document. */
  #shapeOf(schema: unknown, answers: boolean): Shape {
    const context = this.#context(answers);
    const shape = shapeOfSchema(schema, context, this.#document);
    return answers && shape.kind === 'null' ? answerOfSchema({ type: 'null' }, context) : shape;
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function notOpenApi(path: RelPath): RefusalError {
  return new RefusalError({
    code: 'E_INVALID_FLAG',
    at: { path },
    message: `${path} is not an OpenAPI 3 document of at most 100,000 characters: it has no paths.`,
    remedy: 'Name a service of the repository, or an OpenAPI document below its root, with --to.',
  });
}
