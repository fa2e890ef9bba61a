import * as dagre from '@dagrejs/dagre';

import { callLabel, type GraphNode, labelLines, type ServiceGraph } from './graph.ts';

/** The graph as an SVG of its own: no scripts, no fonts to load, readable on light and dark pages. */
export function renderSvg(graph: ServiceGraph): string {
  const { arrows, boxes, height, width } = layOut(graph);
  const callers = graph.calls.map((call, index) => {
    const { points, x, y } = arrows[index] ?? { points: [], x: 0, y: 0 };
    return arrow(points, call.circuit) + edgeLabel(callLabel(call), { x, y });
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" width="${String(width)}" role="img">`,
    '<title>Services and their calls</title>',
    `<style>${style}</style>`,
    `<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">${head}</marker></defs>`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...callers,
    ...graph.nodes.map((node, index) => box(node, boxes[index] ?? { x: 0, y: 0, width: 0, height: 0 })),
    '</svg>',
    '',
  ].join('\n');
}

const head = '<path d="M0 0 10 5 0 10z" fill="#57606a"/>';
const style =
  'text{font:12px ui-monospace,SFMono-Regular,Menlo,monospace;fill:#1f2328}' +
  '.name{font-weight:700;font-size:13px}.open{fill:#9a6700}.guarded{fill:#1a7f37}.call{font-size:10.5px;fill:#57606a}' +
  '.service{fill:#f6f8fa;stroke:#57606a}.issuer{fill:#ddf4ff;stroke:#0969da}.external{fill:#fff;stroke:#8c959f;stroke-dasharray:4 3}';

function box(node: GraphNode, { height, width, x, y }: Box): string {
  const kind = node.issuesTokens === true ? 'issuer' : node.kind;
  const [left, top] = [x - width / 2, y - height / 2];
  const lines = labelLines(node).map((line, index) => {
    const state = /^(open|guarded):/.exec(line)?.[1];
    const name = index === 0 ? 'name' : (state ?? '');
    const baseline = top + padding + lineHeight * (index + 0.75);
    return `<text class="${name}" x="${fixed(left + padding)}" y="${fixed(baseline)}">${escape(line)}</text>`;
  });
  const rect = `<rect class="${kind}" x="${fixed(left)}" y="${fixed(top)}" width="${fixed(width)}" height="${fixed(height)}" rx="6"/>`;
  return `<g>${rect}${lines.join('')}</g>`;
}

function arrow(points: readonly Point[], circuit: boolean): string {
  const path = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${fixed(x)} ${fixed(y)}`).join('');
  const dashes = circuit ? '' : ' stroke-dasharray="5 4"';
  return `<path d="${path}" fill="none" stroke="#57606a" stroke-width="1.4" stroke-linejoin="round" marker-end="url(#head)"${dashes}/>`;
}

function edgeLabel(label: string, { x, y }: Point): string {
  const width = label.length * labelCharWidth + 8;
  const back = `<rect x="${fixed(x - width / 2)}" y="${fixed(y - 9)}" width="${fixed(width)}" height="18" fill="#fff"/>`;
  return `${back}<text class="call" text-anchor="middle" x="${fixed(x)}" y="${fixed(y + 4)}">${escape(label)}</text>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${String(sign.charCodeAt(0))};`);
}

const lineHeight = 18;
const padding = 12;
/** Of a character of the fonts in the drawing, in pixels. */
const charWidth = 7.3;
const labelCharWidth = 6.4;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A box by its middle. */
interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** Where everything goes, in pixels; boxes and arrows in the order of nodes and calls. */
interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly arrows: readonly (Point & Readonly<{ points: readonly Point[] }>)[];
}

/** What is used of dagre: its own types name their files without an extension, so Node's resolution finds none. */
interface DagreGraph {
  setGraph(options: object): void;
  setNode(id: string, size: object): void;
  setEdge(from: string, to: string, label: object, name: string): void;
  graph(): Readonly<{ width: number; height: number }>;
  node(id: string): Box;
  edge(edge: Readonly<{ v: string; w: string; name: string }>): Layout['arrows'][number];
}

const { Graph, layout } = dagre as unknown as {
  readonly Graph: new (options: Readonly<{ multigraph: boolean }>) => DagreGraph;
  readonly layout: (graph: DagreGraph) => void;
};

/** Lays the graph out from left to right, callers before those that they call (dagre: Gansner et al., 1993). */
function layOut({ calls, nodes }: ServiceGraph): Layout {
  const drawing = new Graph({ multigraph: true });
  drawing.setGraph({ rankdir: 'LR', nodesep: 40, ranksep: 60, marginx: 20, marginy: 20 });
  for (const node of nodes) {
    const lines = labelLines(node);
    const longest = Math.max(...lines.map((line) => line.length));
    const width = longest * charWidth + 2 * padding;
    drawing.setNode(node.id, { width, height: lines.length * lineHeight + 2 * padding });
  }
  for (const [index, call] of calls.entries()) {
    const width = callLabel(call).length * labelCharWidth + 8;
    drawing.setEdge(call.from, call.to, { width, height: lineHeight, labelpos: 'c' }, String(index));
  }
  layout(drawing);
  const { height, width } = drawing.graph();
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    boxes: nodes.map(({ id }) => drawing.node(id)),
    arrows: calls.map(({ from, to }, index) => drawing.edge({ v: from, w: to, name: String(index) })),
  };
}
