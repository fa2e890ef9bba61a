import { isIdentifier } from '../../syntax/print.ts';
import { ts } from '../../syntax/tree.ts';
import { type NamedShapes, type Shape, unknownShape } from './shape.ts';

/** What the code that has these types calls otherwise. */
const reserved: ReadonlySet<string> = new Set([
  'CallOptions',
  'Promise',
  'Record',
  'RouteClient',
  'ServiceClient',
  'ServiceClientError',
]);

/** The types that shapes name, each under a name of its own. */
export class TypeNames {
  readonly #shapes = new Map<string, Shape>();
  readonly #names = new Map<object, string>();

  get shapes(): NamedShapes {
    return this.#shapes;
  }

  /** A shape under a name that no other one has; what leads back to itself finds its name by `key`. */
  named(key: object, wanted: string, find: () => Shape): Shape {
    const known = this.#names.get(key);
    if (known !== undefined) return { kind: 'named', name: known };
    const name = this.#free(wanted);
    this.#names.set(key, name);
    this.#shapes.set(name, unknownShape);
    const shape = find();
    this.#shapes.set(name, shape);
    return this.#merged(key, name, wanted, shape);
  }

  /** Another type of that name, from another file, that is the same to the letter is the same. */
  #merged(key: object, name: string, wanted: string, shape: Shape): Shape {
    const text = JSON.stringify(shape);
    const same = [...this.#shapes].find(
      ([other, one]) =>
        other !== name && other.replace(/\d+$/, '') === wanted && JSON.stringify(one) === text,
    );
    if (same === undefined || text.includes(JSON.stringify(name))) return { kind: 'named', name };
    this.#shapes.delete(name);
    this.#names.set(key, same[0]);
    return { kind: 'named', name: same[0] };
  }

  #free(wanted: string): string {
    for (let index = 1; ; index += 1) {
      const name = index === 1 ? wanted : `${wanted}${String(index)}`;
      if (!this.#shapes.has(name) && !reserved.has(name)) return name;
    }
  }
}

/** The name that a type has in the callee's own code; undefined for anonymous, generic and installed ones. */
export function ownName(type: ts.Type): string | undefined {
  const { aliasSymbol, aliasTypeArguments } = type;
  const generic = (type as Partial<ts.TypeReference>).typeArguments?.length ?? 0;
  const symbol = aliasSymbol ?? (generic > 0 ? undefined : type.getSymbol());
  if (symbol === undefined || (aliasSymbol !== undefined && aliasTypeArguments !== undefined))
    return undefined;
  const [declared] = symbol.getDeclarations() ?? [];
  const isNamed =
    declared !== undefined &&
    (ts.isInterfaceDeclaration(declared) || ts.isTypeAliasDeclaration(declared) || ts.isClassLike(declared));
  if (!isNamed || !isIdentifier(symbol.name)) return undefined;
  const { fileName } = declared.getSourceFile();
  return /\/node_modules\/|^\/lib-of-typescript\//.test(fileName) ? undefined : symbol.name;
}
