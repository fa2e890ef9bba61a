export interface CodeBlock {
  readonly language: string;
  readonly text: string;
  /** 1-based line of its first fence. */
  readonly line: number;
  /** The test that `<!-- checked by … -->` above it names: it is left to that one. */
  readonly checkedBy: string | undefined;
  /** What `<!-- with … -->` above it puts before it: names that the reader knows from the page. */
  readonly preamble: string;
}

/** Fenced blocks of a Markdown text, in order. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const fence =
    /^(?:<!-- checked by (\S+) -->\n\n?)?(?:^<!-- with ([^\n]+) -->\n\n?)?^( *)```(\w*)\n(.*?)^\3```$/gmsu;
  for (const found of matches(markdown, fence)) {
    const [whole, checkedBy, preamble = '', indent = '', language = '', text = ''] = found;
    const start = found.index + whole.indexOf('```');
    const line = markdown.slice(0, start).split('\n').length;
    blocks.push({
      language,
      text: text.replaceAll(new RegExp(`^${indent}`, 'gmu'), ''),
      line,
      checkedBy,
      preamble,
    });
  }
  return blocks;
}

/** The ids that GitHub gives to headings, in order; a repeated one gets a number. */
export function anchorsOf(markdown: string): readonly string[] {
  const seen = new Map<string, number>();
  return [...withoutCode(markdown).matchAll(/^#{1,6} (.+)$/gmu)].map(([, heading = '']) => {
    const id = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/gu, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(id) ?? 0;
    seen.set(id, times + 1);
    return times === 0 ? id : `${id}-${String(times)}`;
  });
}

/** Targets of links and images, of both notations. */
export function linksOf(markdown: string): readonly string[] {
  const text = withoutCode(markdown).replaceAll(/`[^`\n]*`/gu, '');
  const inline = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/gu)];
  const named = [...text.matchAll(/^\[[^\]]+\]: <?(\S+?)>?$/gmu)];
  return [...inline, ...named].map(([, target = '']) => target);
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^( *)```.*?^\1```$/gmsu, '');
}

function matches(text: string, pattern: RegExp): readonly RegExpExecArray[] {
  return [...text.matchAll(pattern)];
}
