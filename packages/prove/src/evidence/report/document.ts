/** A report as blocks, out of a template and values, written as Markdown or as one HTML page without scripts. */

/** A piece of a report. */
export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'table';
      readonly headings: readonly string[];
      readonly rows: readonly (readonly string[])[];
    };

/** What a template is filled with. */
export interface ReportValues {
  readonly texts: Readonly<Record<string, string>>;
  readonly tables: Readonly<Record<string, readonly (readonly string[])[]>>;
}

/**
 * Fills a template: `{{name}}` in a line is a text, a line `{{name: A|B}}` is a table with those headings.
 * @param none what stands for an empty table
 */
export function fillTemplate(template: string, { texts, tables }: ReportValues, none: string): Block[] {
  return template.split('\n').flatMap((line): Block[] => {
    if (line.trim() === '') return [];
    const [, name, headings] = /^\{\{(\w+): (.*)\}\}$/.exec(line) ?? [];
    if (name !== undefined) {
      const rows = tables[name] ?? [];
      if (rows.length === 0) return [{ kind: 'text', text: none }];
      return [{ kind: 'table', headings: (headings ?? '').split('|'), rows }];
    }
    const text = line.replace(/\{\{(\w+)\}\}/g, (_, key: string) => texts[key] ?? '');
    const [, marks, title] = /^(#{1,4}) (.*)$/s.exec(text) ?? [];
    if (marks !== undefined && line.startsWith('#'))
      return [{ kind: 'heading', level: marks.length, text: title ?? '' }];
    return [{ kind: 'text', text }];
  });
}

/** Text of the outside in one line of Markdown, with nothing that Markdown or HTML would obey. */
function markdown(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>#|~!&]/g, one => `\\${one}`);
}

/** The report as Markdown. */
export function asMarkdown(blocks: readonly Block[]): string {
  const parts = blocks.map(block => {
    if (block.kind === 'heading') return `${'#'.repeat(block.level)} ${markdown(block.text)}`;
    if (block.kind === 'text') return markdown(block.text);
    const line = (cells: readonly string[]) => `| ${cells.map(markdown).join(' | ')} |`;
    return [line(block.headings), line(block.headings.map(() => '---')), ...block.rows.map(line)].join('\n');
  });
  return `${parts.join('\n\n').replaceAll('\\-', '-')}\n`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function html(text: string): string {
  return text.replace(/[&<>"']/g, one => entities[one] ?? one);
}

const style =
  'body{font:15px/1.5 system-ui,sans-serif;max-width:75em;margin:2em auto;padding:0 1em}table{border-collapse:collapse;width:100%}td,th{border:1px solid #bbb;padding:.25em .5em;text-align:left;vertical-align:top;overflow-wrap:anywhere}';

/** The report as one HTML page that loads nothing and runs nothing. */
export function asHtml(blocks: readonly Block[], language: 'en' | 'zh'): string {
  const title = blocks.find(({ kind }) => kind === 'heading');
  const parts = blocks.map(block => {
    if (block.kind === 'heading') return `<h${block.level}>${html(block.text)}</h${block.level}>`;
    if (block.kind === 'text') return `<p>${html(block.text)}</p>`;
    const row = (cells: readonly string[], tag: string) =>
      `<tr>${cells.map(cell => `<${tag}>${html(cell)}</${tag}>`).join('')}</tr>`;
    return `<table>${row(block.headings, 'th')}${block.rows.map(cells => row(cells, 'td')).join('\n')}</table>`;
  });
  const head = `<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${html(title?.kind === 'heading' ? title.text : '')}</title><style>${style}</style>`;
  return `<!doctype html>\n<html lang="${language}"><head>${head}</head><body>\n${parts.join('\n')}\n</body></html>\n`;
}
