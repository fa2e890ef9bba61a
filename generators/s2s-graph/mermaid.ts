import { callLabel, type GraphNode, labelLines, type ServiceGraph } from './graph.ts';

/** The graph as a Mermaid flowchart, as GitHub and others draw it. */
export function renderMermaid({ calls, nodes }: ServiceGraph): string {
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
    '',
  ].join('\n');
}

/** Mermaid reads quotes, brackets of tags and # in a label unless they are written as entities. */
function escape(text: string): string {
  return text.replace(/[#"<>&]/g, (sign) => `#${String(sign.charCodeAt(0))};`);
}
