import * as dagre from '@dagrejs/dagre';

import { callLabel, labelLines, type ServiceGraph } from './graph.ts';

export const lineHeight = 18;
export const padding = 12;
/** Of a character of the fonts in the drawing, in pixels. */
const charWidth = 7.3;
export const labelCharWidth = 6.4;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A box by its middle. */
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** Where everything goes, in pixels; boxes and arrows in the order of nodes and calls. */
export interface Layout {
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
export function layOut({ calls, nodes }: ServiceGraph): Layout {
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
