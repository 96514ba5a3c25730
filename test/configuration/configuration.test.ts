import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Configuration } from '../../src/configuration/configuration.ts';
import { loadSettings } from '../../src/configuration/load.ts';
import { nearest } from '../../src/text/nearest.ts';
import type { KnownRules } from '../../src/configuration/validate.ts';
import { messageText } from '../../src/report/message.ts';
import { rangeOf, sourceFile } from '../../src/text/source.ts';

const description = { en: '', zh: '' };
const KNOWN: KnownRules = {
  rules: [
    { id: 'kong/strict-consistency' },
    { id: 'kong/db-cache-ttl-zero' },
    { id: 'istio/keepalive-ineffective', options: { peerIdleTimeout: { type: 'duration', default: '350s', description } } },
    {
      id: 'dns/ndots-search-storm',
      options: { hosts: { type: 'integer', default: 2, description }, strict: { type: 'boolean', default: false, description } },
    },
  ],
  probes: [
    {
      id: 'kong/router-rebuild-memory',
      options: { window: { type: 'duration', default: '24h', description }, fullPercent: { type: 'integer', default: 90, description } },
    },
    { id: 'dns/slow-lookups' },
  ],
  catalogue: new Set(['kong/strict-consistency', 'kong/upstream-slots']),
};

function load(text: string) {
  return loadSettings(sourceFile('.runbook-lens.yaml', text), KNOWN);
}

/** `line:column key kind: message`, one-based. */
function said(text: string, language: 'en' | 'zh-cn' = 'en'): string[] {
  return load(text).problems.map(({ kind, at, key, message, data }) => {
    const { start } = rangeOf(at);
    return `${start.line + 1}:${start.character + 1} ${key} ${kind}: ${messageText(message, data, language)}`;
  });
}

describe('configuration: what is valid', () => {
  it('reads the whole example of the manual', () => {
    const { settings, problems } =
      load(`rules: { kong/strict-consistency: warning, kong/db-cache-ttl-zero: on, istio/keepalive-ineffective: { severity: error, options: { peerIdleTimeout: 5m } } }
ignore: ["vendor/**", "charts/**/ci/**"]
assume:
  kong: 2.1.4
  istio: 1.20
  kubernetes: 1.30
  mesh: istio
  routes: 50000
  complete: true
runbooks: ["docs/runbooks/**/*.md"]
lang: zh-cn
overrides: [ { files: ["legacy/**"], rules: { kong/strict-consistency: off }, assume: { kong: "1.5" } } ]
`);
    assert.deepEqual(problems, []);
    assert.deepEqual(settings.assume, { kong: '2.1.4', istio: '1.20', kubernetes: '1.30', mesh: 'istio', routes: 50000, complete: true });
    assert.equal(settings.lang, 'zh-cn');
    assert.deepEqual(settings.runbooks, ['docs/runbooks/**/*.md']);
    const configuration = new Configuration(settings);
    assert.equal(configuration.severityOf('kong/strict-consistency', 'a.yaml'), 'warning');
    assert.equal(configuration.severityOf('kong/strict-consistency', 'legacy/a.yaml'), 'off');
    assert.equal(configuration.severityOf('kong/db-cache-ttl-zero', 'a.yaml'), 'on');
    assert.equal(configuration.severityOf('dns/ndots-search-storm', 'a.yaml'), 'default');
    assert.equal(configuration.optionsOf('istio/keepalive-ineffective', 'a.yaml').peerIdleTimeout, '5m');
    assert.equal(configuration.optionsOf('dns/ndots-search-storm', 'a.yaml').hosts, undefined);
    assert.deepEqual(configuration.assumeFor('legacy/x/y.yaml'), { ...settings.assume, kong: '1.5' });
    assert.equal(configuration.isIgnored('vendor/a/b.yaml'), true);
    assert.equal(configuration.isIgnored('charts/kong/ci/test-values.yaml'), true);
    assert.equal(configuration.isIgnored('charts/kong/values.yaml'), false);
    assert.equal(configuration.isIgnored('../outside.yaml'), false);
  });

  it('an empty file, comments alone, and keys with nothing behind them say nothing', () => {
    for (const text of ['', '# nothing yet\n', '---\n', 'rules:\nignore:\nassume:\noverrides:\n', '\ufefflang: en\n'])
      assert.deepEqual(said(text), [], text);
  });

  it('a version keeps its trailing zero and loses its v', () => {
    assert.deepEqual(load('assume: { kong: v2.10, istio: 1.20, kiam: 3.4.3.5, kubernetes: 2.8.x }').settings.assume, {
      kong: '2.10',
      istio: '1.20',
      kiam: '3.4.3.5',
      kubernetes: '2.8.x',
    });
  });

  it('options keep their type, and a later override goes before an earlier one', () => {
    const { settings, problems } = load(`rules: { dns/ndots-search-storm: { options: { hosts: 3, strict: true } } }
overrides:
  - { files: ["*.yml"], rules: { dns/ndots-search-storm: { options: { hosts: 4 } } } }
  - { files: ["a/**"], rules: { dns/ndots-search-storm: { severity: hint, options: { hosts: 5 } } } }
`);
    assert.deepEqual(problems, []);
    const configuration = new Configuration(settings);
    const hosts = (path: string) => configuration.optionsOf('dns/ndots-search-storm', path).hosts;
    assert.deepEqual([hosts('x.yaml'), hosts('x.yml'), hosts('a/x.yml')], [3, 4, 5]);
    assert.deepEqual([hosts('.'), hosts('a'), hosts('a/b'), hosts('ab')], [3, 5, 5, 3], 'folders');
    assert.equal(configuration.optionsOf('dns/ndots-search-storm', 'a/x.yml').strict, true);
    assert.equal(configuration.severityOf('dns/ndots-search-storm', 'a/x.yml'), 'hint');
  });

  it('thresholds of probes, by the ids of their runbooks', () => {
    const { settings, problems } = load('probes: { kong/router-rebuild-memory: { window: 6h, fullPercent: 80 }, dns/slow-lookups: }');
    assert.deepEqual(problems, []);
    assert.deepEqual(settings.probes, { 'kong/router-rebuild-memory': { window: '6h', fullPercent: 80 }, 'dns/slow-lookups': {} });
  });

  it('a rule named on the command line runs although it is off, and no other does', () => {
    const { settings } = load('rules: { kong/strict-consistency: off, kong/db-cache-ttl-zero: hint }');
    const only = new Configuration(settings, new Set(['kong/strict-consistency']));
    assert.equal(only.severityOf('kong/strict-consistency', 'a.yaml'), 'on');
    assert.equal(only.severityOf('kong/db-cache-ttl-zero', 'a.yaml'), 'off');
    assert.equal(new Configuration(settings, new Set(['kong/db-cache-ttl-zero'])).severityOf('kong/db-cache-ttl-zero', 'a.yaml'), 'hint');
  });

  it('a rule counts as off only when no override switches it on', () => {
    const off = new Configuration(load('rules: { kong/strict-consistency: off }').settings);
    assert.equal(off.isOffEverywhere('kong/strict-consistency', 'on', false), true);
    assert.equal(off.isOffEverywhere('kong/db-cache-ttl-zero', 'on', false), false);
    assert.equal(off.isOffEverywhere('kong/db-cache-ttl-zero', 'preview', false), true);
    assert.equal(off.isOffEverywhere('kong/db-cache-ttl-zero', 'preview', true), false);
    const somewhere = load(
      'rules: { kong/strict-consistency: off }\noverrides: [ { files: [a], rules: { kong/strict-consistency: hint } } ]',
    );
    assert.equal(new Configuration(somewhere.settings).isOffEverywhere('kong/strict-consistency', 'on', false), false);
  });
});

describe('configuration: what is wrong', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['a key that is no key', 'rule: {}\n', ['1:1 rule error: unknown key "rule"; did you mean "rules"?']],
    [
      'a key that is near none',
      'lang: en\ncompletely-else: 1\n',
      ['2:1 completely-else error: unknown key "completely-else"; known here: rules, ignore, assume, probes, runbooks, lang, overrides'],
    ],
    ['a nested key', 'assume:\n  meshes: istio\n', ['2:3 assume.meshes error: unknown key "meshes"; did you mean "mesh"?']],
    [
      'a rule that nobody knows',
      'rules:\n  kong/strict-consistancy: warning\n',
      ['2:3 rules.kong/strict-consistancy error: unknown rule "kong/strict-consistancy"; did you mean "kong/strict-consistency"?'],
    ],
    [
      'a rule without its technology',
      'rules:\n  db-cache-ttl-zero: on\n',
      ['2:3 rules.db-cache-ttl-zero error: unknown rule "db-cache-ttl-zero"; did you mean "kong/db-cache-ttl-zero"?'],
    ],
    [
      'a rule that comes later is a notice',
      'rules: { kong/upstream-slots: off }\n',
      [
        '1:10 rules.kong/upstream-slots notice: the rule "kong/upstream-slots" is planned but not in this version; the setting has no effect yet',
      ],
    ],
    [
      'a severity',
      'rules: { kong/strict-consistency: fatal }\n',
      ['1:35 rules.kong/strict-consistency error: expected error | warning | information | hint | on | off, found "fatal"'],
    ],
    [
      'the beginning of a severity',
      'rules: { kong/strict-consistency: warn }\n',
      [
        '1:35 rules.kong/strict-consistency error: expected error | warning | information | hint | on | off, found "warn"; did you mean "warning"?',
      ],
    ],
    ['the beginning of a language', 'lang: zh\n', ['1:7 lang error: expected en | zh-cn, found "zh"; did you mean "zh-cn"?']],
    ['a key twice', 'lang: en\nlang: zh-cn\n', ['2:1 lang error: "lang" is set more than once']],
    [
      'a rule twice',
      'rules:\n  kong/strict-consistency: off\n  kong/strict-consistency: error\n',
      ['3:3 rules.kong/strict-consistency error: "kong/strict-consistency" is set more than once'],
    ],
    [
      'a severity and an option twice',
      'rules: { dns/ndots-search-storm: { severity: error, severity: hint, options: { hosts: 1, hosts: 2 } } }\n',
      [
        '1:53 rules.dns/ndots-search-storm.severity error: "severity" is set more than once',
        '1:90 rules.dns/ndots-search-storm.options.hosts error: "hosts" is set more than once',
      ],
    ],
    [
      'an assumption twice, also in an override',
      'assume: { kong: 2.1.4, kong: 3.0.0 }\noverrides: [ { files: [a], assume: { mesh: istio, mesh: none } } ]\n',
      ['1:24 assume.kong error: "kong" is set more than once', '2:51 overrides[0].assume.mesh error: "mesh" is set more than once'],
    ],
    ['a key that a template makes', '{{ .Values.x }}: 1\n', ['1:1  error: a key must be plain text; templates are not read here']],
    ['a list as key', 'rules:\n  ? [a, b]\n  : off\n', ['2:5 rules error: a key must be plain text; templates are not read here']],
    [
      'a severity with a typo',
      'rules: { kong/strict-consistency: { severity: eror } }\n',
      [
        '1:47 rules.kong/strict-consistency.severity error: expected error | warning | information | hint | on | off, found "eror"; did you mean "error"?',
      ],
    ],
    [
      'an option that the rule lacks',
      'rules: { istio/keepalive-ineffective: { options: { peerIdelTimeout: 5m } } }\n',
      [
        '1:52 rules.istio/keepalive-ineffective.options.peerIdelTimeout error: istio/keepalive-ineffective has no option "peerIdelTimeout"; did you mean "peerIdleTimeout"?',
      ],
    ],
    [
      'an option of a rule without options',
      'rules: { kong/strict-consistency: { options: { a: 1 } } }\n',
      ['1:48 rules.kong/strict-consistency.options.a error: kong/strict-consistency has no options'],
    ],
    [
      'a duration without a unit',
      'rules: { istio/keepalive-ineffective: { options: { peerIdleTimeout: 350 } } }\n',
      ['1:69 rules.istio/keepalive-ineffective.options.peerIdleTimeout error: expected a duration such as 350s or 5m, found "350"'],
    ],
    ['a list in place of keys', '- rules\n', ['1:1  error: expected keys and values, found […]']],
    ['text in place of a list', 'ignore: vendor/**\n', ['1:9 ignore error: expected a list of patterns, found "vendor/**"']],
    [
      'patterns that could match nothing',
      'ignore: ["./vendor/**"]\nrunbooks: ["../docs/*.md", ".github/**"]\n',
      [
        '1:11 ignore[0] error: expected a pattern from the root on, such as docs/**, found "./vendor/**"',
        '2:13 runbooks[0] error: expected a pattern from the root on, such as docs/**, found "../docs/*.md"',
      ],
    ],
    ['a version in words', 'assume: { kong: latest }\n', ['1:17 assume.kong error: expected a version such as 2.1.4, found "latest"']],
    ['a count', 'assume: { routes: many }\n', ['1:19 assume.routes error: expected a whole number, found "many"']],
    ['a yes', 'assume: { complete: yes }\n', ['1:21 assume.complete error: expected true | false, found "yes"']],
    ['an override without files', 'overrides:\n  - rules: {}\n', ['2:5 overrides[0] error: "files" is missing']],
    ['a second document', 'lang: en\n---\nlang: en\n', ['3:1  error: more than one YAML document; only one is read']],
  ];
  for (const [name, text, expected] of cases) {
    it(name, () => {
      assert.deepEqual(said(text), expected);
      if (expected.some((line) => line.includes(' error: '))) assert.equal(load(text).settings.rules.size, 0);
    });
  }

  it('thresholds that no probe has', () => {
    assert.deepEqual(
      said('probes:\n  kong/router-rebuild-memory: { windw: 6h, fullPercent: many }\n  kong/router-rebuild: {}\n  dns/slow-lookups: 5\n'),
      [
        '2:33 probes.kong/router-rebuild-memory.windw error: kong/router-rebuild-memory has no option "windw"; did you mean "window"?',
        '2:57 probes.kong/router-rebuild-memory.fullPercent error: expected a whole number, found "many"',
        '3:3 probes.kong/router-rebuild error: unknown key "kong/router-rebuild"; did you mean "kong/router-rebuild-memory"?',
        '4:21 probes.dns/slow-lookups error: expected options and their values, found "5"',
      ],
    );
  });

  it('broken YAML points at the place', () => {
    const [problem] = said('rules:\n  kong/strict-consistency: [\n');
    assert.match(problem ?? '', /^3:1 {2}error: not valid YAML: /);
  });

  it('all problems at once, in the order of the text', () => {
    const lines = said('lang: fr\nassume: { mesh: isto, routes: -1 }\nfoo: 1\n');
    assert.deepEqual(
      lines.map((line) => line.split(' ')[1]),
      ['lang', 'assume.mesh', 'assume.routes', 'foo'],
    );
  });

  it('speaks Chinese', () => {
    assert.deepEqual(said('rule: {}\n', 'zh-cn'), ['1:1 rule error: 未知的键 "rule"；是否想写 "rules"？']);
    assert.deepEqual(said('assume: { kong: latest }', 'zh-cn'), ['1:17 assume.kong error: 应为 版本号，例如 2.1.4，实际为 "latest"']);
  });

  it('names of Object.prototype are unknown keys like others', () => {
    assert.equal(said('constructor: 1\ntoString: {}\n').length, 2);
    assert.equal(said('rules: { istio/keepalive-ineffective: { options: { constructor: 1 } } }').length, 1);
  });
});

describe('nearest', () => {
  it('finds swaps, one letter off, another case; and nothing for another word', () => {
    assert.equal(nearest('vesrion', ['version', 'verbose']), 'version');
    assert.equal(nearest('Ignore', ['ignore']), 'ignore');
    assert.equal(nearest('zzz', ['ignore', 'rules']), undefined);
    assert.equal(nearest('', ['lang']), undefined);
  });
});
