import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import catalogue from '../../data/rules-catalogue.json' with { type: 'json' };
import { RULES } from '../../src/linters/registry.ts';
import type { Message, Rule, Severity } from '../../src/linters/rule.ts';
import { loadRunbooks } from '../../src/runbooks/load.ts';
import { engineOf } from '../helpers/engine.ts';
import { readPage } from '../rule-pages/page.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The rules of this release: id, severity of the plain case, default, runbook. */
const RELEASE: readonly (readonly [id: string, severity: Severity, standard: Rule['default'], runbook: string])[] = [
  ['aws/sdk-refresh-window', 'information', 'on', 'kiam/credential-refresh-storm'],
  ['dns/jvm-ttl-no-effect', 'warning', 'on', 'dns/slow-lookups'],
  ['dns/ndots-musl', 'error', 'on', 'dns/slow-lookups'],
  ['dns/ndots-search-storm', 'hint', 'preview', 'dns/slow-lookups'],
  ['grpc/clusterip-pinned', 'warning', 'on', 'grpc/one-pod-gets-all-requests'],
  ['grpc/go-round-robin-passthrough', 'warning', 'on', 'grpc/one-pod-gets-all-requests'],
  ['grpc/headless-pick-first', 'warning', 'on', 'grpc/one-pod-gets-all-requests'],
  ['grpc/keepalive-too-many-pings', 'warning', 'on', 'grpc/connections-closed-by-keepalive'],
  ['grpc/node-load-balancing-ignored', 'warning', 'on', 'grpc/one-pod-gets-all-requests'],
  ['grpc/round-robin-over-clusterip', 'warning', 'on', 'grpc/one-pod-gets-all-requests'],
  ['grpc/target-http-url', 'error', 'on', 'grpc/client-cannot-connect'],
  ['istio/annotation-on-wrong-object', 'warning', 'on', 'istio/annotations-that-do-nothing'],
  ['istio/external-database-unmanaged', 'information', 'preview', 'istio/idle-connection-timeout'],
  ['istio/idle-timeout-not-on-top-level', 'warning', 'on', 'istio/idle-connection-timeout'],
  ['istio/idle-timeout-off-without-keepalive', 'warning', 'on', 'istio/idle-connection-timeout'],
  ['istio/idle-timeout-unparsable', 'error', 'on', 'istio/idle-connection-timeout'],
  ['istio/invalid-cidr-list', 'error', 'on', 'istio/annotations-that-do-nothing'],
  ['istio/invalid-port-list', 'error', 'on', 'istio/annotations-that-do-nothing'],
  ['istio/keepalive-ineffective', 'warning', 'on', 'istio/idle-connection-timeout'],
  ['istio/server-first-port-sniffed', 'warning', 'on', 'istio/wrong-port-protocol'],
  ['istio/unknown-annotation', 'warning', 'on', 'istio/annotations-that-do-nothing'],
  ['kiam/flag-not-in-version', 'error', 'on', 'kiam/pods-without-credentials'],
  ['kiam/refresh-not-below-duration', 'error', 'on', 'kiam/credential-refresh-storm'],
  ['kiam/role-annotation-misplaced', 'error', 'on', 'kiam/pods-without-credentials'],
  ['kiam/session-window', 'warning', 'on', 'kiam/credential-refresh-storm'],
  ['kong/db-cache-ttl-zero', 'error', 'on', 'kong/cache-ttl-zero'],
  ['kong/full-rebuild-flavor', 'information', 'on', 'kong/router-rebuild-memory'],
  ['kong/limit-below-rebuild-headroom', 'warning', 'on', 'kong/router-rebuild-memory'],
  ['kong/plugin-whitelist-blacklist', 'error', 'on', 'kong/settings-that-kong-ignores'],
  ['kong/probe-on-admin-root', 'warning', 'on', 'kong/router-rebuild-memory'],
  ['kong/removed-setting', 'warning', 'on', 'kong/settings-that-kong-ignores'],
  ['kong/strict-consistency', 'information', 'on', 'kong/router-rebuild-memory'],
  ['kong/workers-auto-in-container', 'warning', 'on', 'kong/router-rebuild-memory'],
  ['runtime/gomemlimit-malformed', 'error', 'on', 'runtime/go-memory-limit'],
  ['runtime/gomemlimit-vs-limit', 'warning', 'on', 'runtime/go-memory-limit'],
  ['runtime/jvm-heap-vs-limit', 'warning', 'on', 'runtime/jvm-memory-limit'],
];

/** Rules of this release whose code has not landed. Empty at the release. */
const NOT_BUILT_YET: readonly string[] = [];

const built = new Map(RULES.map((rule) => [rule.id, rule]));
const withoutAnchor = (runbook: string): string => runbook.replace(/#.*/, '');

describe('the registry', () => {
  it('holds the rules of this release, each once', () => {
    assert.equal(RELEASE.length, 36);
    assert.equal(built.size, RULES.length, 'an id stands there twice');
    const missing = RELEASE.flatMap(([id]) => (built.has(id) ? [] : [id]));
    const late = missing.filter((id) => NOT_BUILT_YET.includes(id));
    if (late.length > 0) process.stdout.write(`not built yet: ${late.join(', ')}\n`);
    assert.deepEqual(missing.filter((id) => !NOT_BUILT_YET.includes(id)).sort(), []);
    const expected = new Set(RELEASE.map(([id]) => id));
    assert.deepEqual(
      [...built.keys()].filter((id) => !expected.has(id)),
      [],
      'not of this release',
    );
  });

  it('names only rules of the catalogue', () => {
    const known = new Set<string>(catalogue);
    assert.deepEqual(
      RELEASE.flatMap(([id]) => (known.has(id) ? [] : [id])),
      [],
    );
    assert.equal(known.size, catalogue.length, 'an id stands there twice');
  });

  for (const [id, severity, standard, runbook] of RELEASE) {
    const rule = built.get(id);
    if (!rule) continue;
    it(`${id}: severity, default and runbook are those of the catalogue`, () => {
      assert.deepEqual(
        { severity: rule.severity, default: rule.default, runbook: withoutAnchor(rule.runbook) },
        { severity, default: standard, runbook },
      );
      assert.ok(rule.affects.length > 0, 'affects');
      assert.ok(rule.sources.length > 0, 'sources');
    });
  }
});

describe('rules and runbooks', () => {
  const texts = readdirSync(join(ROOT, 'runbooks'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => path.replaceAll('\\', '/'));
  const files = new Map(texts.map((path) => [`runbooks/${path}`, readFileSync(join(ROOT, 'runbooks', path), 'utf8')]));
  const { runbooks, problems } = loadRunbooks(files);

  it('load', () => {
    assert.deepEqual(problems, []);
    assert.equal(runbooks.length, 14);
  });

  it('name each other, both ways', () => {
    for (const { id, rules } of runbooks) {
      const named = RELEASE.filter(([, , , runbook]) => runbook === id).map(([rule]) => rule);
      assert.deepEqual([...rules].sort(), named.sort(), `rules: in the front matter of ${id}`);
    }
    const ids = new Set(runbooks.map(({ id }) => id));
    for (const rule of RULES) assert.ok(ids.has(withoutAnchor(rule.runbook)), `${rule.id}: no runbook ${rule.runbook}`);
  });

  it('an anchor of a rule is a heading of the runbook in both languages', () => {
    for (const rule of RULES) {
      const [id, anchor] = rule.runbook.split('#');
      if (anchor === undefined) continue;
      const runbook = runbooks.find((one) => one.id === id);
      for (const language of ['en', 'zh-cn'] as const) {
        const keys = runbook?.body[language]?.sections.map((section) => section.key) ?? [];
        assert.ok(keys.includes(anchor), `${rule.id}: ${rule.runbook} (${language}) has ${keys.join(', ')}`);
      }
    }
  });
});

const placeholders = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name))].sort();
const CJK = /\p{Script=Han}/u;
/** A label that is a product's or a setting's name with its value: the same in every language. */
const NAMES_ONLY = /^(?:(?:[A-Z][\w.]*|[\w.-]+[-_.][\w.-]+|\{\w+\}|[=:`]+)\s?)+$/;
const SENTENCE_END = { finding: { en: /[.?!]$/, zh: /[。？！]$/ }, snippet: { en: /[.?!:]$/, zh: /[。？！：]$/ } } as const;

function checkMessage(where: string, { en, zh }: Message): void {
  assert.ok(en.trim() === en && en.length > 0, `${where}: en`);
  assert.ok(zh.trim() === zh && zh.length > 0, `${where}: zh`);
  if (zh !== en || !NAMES_ONLY.test(zh)) assert.match(zh, CJK, `${where}: zh has no Chinese`);
  assert.doesNotMatch(en, CJK, `${where}: en has Chinese`);
  assert.deepEqual(placeholders(zh), placeholders(en), `${where}: placeholders differ`);
  assert.doesNotMatch(en, / {2}|[，。；：（）]/, `${where}: en has Chinese punctuation or two spaces`);
}

for (const rule of RULES) {
  describe(`${rule.id}: messages, page and fixes`, () => {
    it('every message is there in both languages with the same placeholders', () => {
      checkMessage('title', rule.title);
      assert.doesNotMatch(rule.title.en + rule.title.zh, /\{\w+\}|[.。]$/, 'title');
      for (const [id, message] of Object.entries(rule.messages)) checkMessage(id, message);
      for (const [name, option] of Object.entries(rule.options ?? {})) checkMessage(`option ${name}`, option.description);
    });

    it('every message is shown by a case of its page, and fixes are as the rule says', async () => {
      const path = join(ROOT, 'docs/rules', `${rule.id}.md`);
      assert.ok(existsSync(path), `no page docs/rules/${rule.id}.md`);
      const used = await usedByCases(rule, readFileSync(path, 'utf8'));
      assert.deepEqual(
        Object.keys(rule.messages).filter((id) => !used.roles.has(id)),
        [],
        'messages that no case of the page shows',
      );
      for (const [id, roles] of used.roles) checkEnds(id, rule.messages[id], roles);
      assert.deepEqual([...used.safeties].sort(), expectedSafeties(rule.fixable, used.safeties), `fixable: ${rule.fixable}`);
    });
  });
}

type Role = 'finding' | 'related' | 'fix' | 'snippet';

function checkEnds(id: string, message: Message | undefined, roles: ReadonlySet<Role>): void {
  assert.ok(message, `no message ${id}`);
  for (const role of roles) {
    for (const language of ['en', 'zh'] as const) {
      const text = message[language];
      if (role === 'finding' || role === 'snippet') assert.match(text, SENTENCE_END[role][language], `${id} (${language}) as ${role}`);
      else assert.doesNotMatch(text, /[.。]$/, `${id} (${language}) as ${role}`);
    }
  }
}

/** A rule with safe fixes may also offer others; one with fixes to review never writes without being asked; one without has none. */
function expectedSafeties(fixable: Rule['fixable'], seen: ReadonlySet<string>): string[] {
  if (fixable === 'no') return [];
  if (fixable === 'review') return ['review'];
  return seen.has('review') ? ['review', 'safe'] : ['safe'];
}

/** What the cases of the page make of the rule's messages, and the kinds of fixes that they offer. */
async function usedByCases(rule: Rule, text: string): Promise<{ roles: Map<string, Set<Role>>; safeties: Set<string> }> {
  const roles = new Map<string, Set<Role>>();
  const safeties = new Set<string>();
  const note = (id: string, role: Role): void => {
    roles.set(id, (roles.get(id) ?? new Set()).add(role));
  };
  for (const item of readPage(text).cases) {
    const settings = item.configuration === undefined ? {} : { settings: item.configuration };
    const engine = await engineOf(Object.fromEntries(item.files), { rules: [rule], preview: item.preview, ...settings });
    for (const finding of engine.lint().findings) {
      note(finding.messageId, 'finding');
      for (const related of finding.related ?? []) note(related.messageId, 'related');
      for (const fix of finding.fixes ?? []) {
        note(fix.titleId, 'fix');
        safeties.add(fix.safety);
      }
      if (finding.snippet) note(finding.snippet.reasonId, 'snippet');
    }
  }
  return { roles, safeties };
}
