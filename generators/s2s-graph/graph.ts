/** One service of the repo, or something outside of it that services call. */
export interface GraphNode {
  /** Folder of a service (`.` for the root); name of what is outside. */
  readonly id: string;
  readonly name: string;
  readonly kind: 'service' | 'external';
  readonly port?: number;
  readonly issuesTokens?: boolean;
  /** Generators of this pack that were run on it, by the record. */
  readonly generated: readonly string[];
  readonly routes: readonly GraphRoutes[];
  /** Breakers beside those of the clients. */
  readonly circuits: readonly string[];
  /** Why its routes could not be read. */
  readonly problem?: string;
}

/** The routes of one plugin. */
interface GraphRoutes {
  readonly name: string;
  readonly urls: readonly string[];
  /** What runs: partly: some of its routes are open · unknown: a hook cannot be read, or is there or not. */
  readonly access: 'guarded' | 'open' | 'partly' | 'unknown';
  /** The hook that asks for a token; absent where not every route is known to ask. */
  readonly guard?: string;
}

/** One service calls another. */
export interface GraphCall {
  readonly from: string;
  readonly to: string;
  /** The variable that holds the URL; absent where it is written into the code. */
  readonly env?: string;
  /** `path:line` of the client, or of the place that reads the URL. */
  readonly at: string;
  /** A breaker stands between the two. */
  readonly circuit: boolean;
  /** It asks who is calling: the callee protects routes of the caller. */
  readonly verifies: boolean;
  /** Whether the callee lets the caller in without a user; absent where it lets no service in. */
  readonly allowed?: boolean;
}

/** A call of a sibling by a general HTTP client, and what it does without. */
export interface GraphBareCall {
  readonly from: string;
  readonly to: string;
  readonly by: string;
  /** `path:line` */
  readonly at: string;
  /** For certain: what cannot be read is not in it. */
  readonly lacks: readonly string[];
}

/** Who calls whom, who protects what, and where circuits are; in the order of folders. */
export interface ServiceGraph {
  readonly schema: 1;
  readonly nodes: readonly GraphNode[];
  readonly calls: readonly GraphCall[];
  /** A work list: these are calls that a typed client could make. */
  readonly bareCalls: readonly GraphBareCall[];
}

/** How a drawing says what a service is; one line each, the name first. */
export function labelLines({
  circuits,
  kind,
  name,
  port,
  issuesTokens,
  problem,
  routes,
}: GraphNode): readonly string[] {
  if (kind === 'external') return [name, 'not in this repo'];
  const facts = [
    ...(port === undefined ? [] : [`port ${String(port)}`]),
    ...(issuesTokens === true ? ['issues tokens'] : []),
  ];
  return [
    name,
    ...(facts.length === 0 ? [] : [facts.join(', ')]),
    ...routes.map((one) => `${one.access}: ${one.name} (${String(one.urls.length)})`),
    ...circuits.map((place) => `circuit: ${place}`),
    ...(problem === undefined ? [] : ['not readable']),
  ];
}

/** `AUTH_SERVICE_URL, circuit`: what stands at the arrow. */
export function callLabel({ allowed, circuit, env, verifies }: GraphCall): string {
  const parts = [
    verifies ? 'verifies tokens' : undefined,
    env,
    circuit ? 'circuit' : 'no circuit',
    allowed === true ? 'allowed as a service' : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** The graph as a Mermaid flowchart, as GitHub and others draw it. */
export function renderMermaid({ bareCalls, calls, nodes }: ServiceGraph): string {
  const ids = new Map(nodes.map(({ id }, index) => [id, `n${String(index)}`]));
  const shape = (node: GraphNode): string => {
    const label = labelLines(node).map(escape).join('<br/>');
    return node.kind === 'external' ? `(["${label}"])` : `["${label}"]`;
  };
  return [
    'flowchart LR',
    ...nodes.map((node) => `  ${ids.get(node.id) ?? ''}${shape(node)}`),
    ...calls.map((call) => {
      const arrow = call.circuit ? '-->' : '-.->';
      return `  ${ids.get(call.from) ?? ''} ${arrow}|"${escape(callLabel(call))}"| ${ids.get(call.to) ?? ''}`;
    }),
    ...bareCalls.map((call) => `  %% ${bareCallLine(call)}`),
    ...calls.filter(({ allowed }) => allowed === false).map((call) => `  %% ${notAllowedLine(call, nodes)}`),
    '',
  ].join('\n');
}

/** What would let a caller in that the callee lets in with users alone. */
function notAllowedLine({ at, from, to }: GraphCall, nodes: readonly GraphNode[]): string {
  const name = nodes.find(({ id }) => id === from)?.name ?? from;
  return `${at} calls ${to} with the tokens of users alone; as a service: s2s add-service-tokens --target ${to} --allow ${name} --protect <plugins>`;
}

/** `src/users.ts:12 calls services/billing by fetch, without deadline, circuit` */
function bareCallLine({ at, by, lacks, to }: GraphBareCall): string {
  return `${at} calls ${to} by ${by}${lacks.length === 0 ? '' : `, without ${lacks.join(', ')}`}`;
}

/** Mermaid reads quotes, brackets of tags and # in a label unless they are written as entities. */
function escape(text: string): string {
  return text.replace(/[#"<>&]/g, (sign) => `#${String(sign.charCodeAt(0))};`);
}
