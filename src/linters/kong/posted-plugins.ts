import type { Unit } from '../../model/unit.ts';
import { spanWithin } from '../../text/decoded.ts';
import { oncePer } from '../../text/once.ts';
import { parseShell, type ShellWord } from '../../text/shell.ts';
import type { SourceFile } from '../../text/source.ts';
import type { PluginField } from './plugins.ts';

const NAMES = 'acl|bot-detection|ip-restriction';
const FIELDS = 'whitelist|blacklist|allow|deny';

/** Fields of plugins that scripts send to the Admin API: `curl …/plugins --data name=acl --data config.whitelist=…`, or as JSON. */
export function postedPluginFields(unit: Unit): PluginField[] {
  return unit.files.flatMap((parsed) => (parsed.format === 'shell' ? fieldsIn(parsed.file) : []));
}

const fieldsIn = oncePer((file: SourceFile): readonly PluginField[] =>
  file.text.includes('/plugins') ? parseShell(file.text).commands.flatMap(({ words }) => fieldsOf(words, file)) : [],
);

function fieldsOf(words: readonly ShellWord[], file: SourceFile): PluginField[] {
  const [program] = words;
  if (!/(?:^|\/)curl$/.test(program?.decoded.text ?? '')) return [];
  // The path of the Admin API, whatever its host and port: `/plugins`, `/services/x/plugins`, `/plugins/<id>`.
  if (!words.some(({ decoded }) => /\/plugins(?:\/[\w-]+)?\/?$/.test(decoded.text))) return [];
  const line = words.map(({ decoded }) => decoded.text).join(' ');
  const plugin = new RegExp(`\\bname=(${NAMES})\\b`).exec(line)?.[1] ?? new RegExp(`"name"\\s*:\\s*"(${NAMES})"`).exec(line)?.[1];
  if (plugin === undefined) return [];
  return words.flatMap((word) =>
    [
      ...word.decoded.text.matchAll(
        new RegExp(`(^|&)config\\.(${FIELDS})(?=[=\\[])|("config"\\s*:\\s*\\{[^}]*?")(${FIELDS})(?="\\s*:)`, 'g'),
      ),
    ].flatMap((match): PluginField[] => {
      const name = match[2] ?? match[4] ?? '';
      const from = match.index + match[0].length - name.length;
      const at = { file, ...spanWithin(word.decoded, from, from + name.length) };
      if (file.text.slice(at.start, at.end) !== name) return [];
      return [
        {
          plugin,
          name,
          at,
          formatVersion: undefined,
          rename: (to) => ({ changes: [{ change: 'replace-text', at, text: to }], merged: false }),
        },
      ];
    }),
  );
}
