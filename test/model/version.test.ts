import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import '../helpers/property-seed.ts';
import {
  affected,
  compareVersions,
  exactVersion,
  isVersionKnown,
  mavenVersionRange,
  npmVersionRange,
  parseImage,
  type VersionInterval,
  type VersionRange,
  versionOfImage,
  versionOfTag,
  versionRange,
} from '../../src/model/version.ts';

function shown(range: VersionRange): string {
  return `${range.from?.join('.') ?? ''}..${range.before?.join('.') ?? ''}${range.prerelease ? ' pre' : ''}`;
}

test('a tag floats below what it says', () => {
  const table: [string | undefined, string][] = [
    ['2', '2..3'],
    ['2.8-alpine', '2.8..2.9'],
    ['2.8.1', '2.8.1..2.8.2'],
    ['2.8.2.3', '2.8.2.3..2.8.2.4'],
    ['2.8.2.3-alpine', '2.8.2.3..2.8.2.4'],
    ['v1.12', '1.12..1.13'],
    ['4.2.0-debian-11-r3', '4.2.0..4.2.1'],
    ['1.20', '1.20..1.21'],
    ['3.9.1-ubuntu-20.04', '3.9.1..3.9.2'],
    ['3.0.0-rc.1', '3.0.0..3.0.1 pre'],
    ['1.20-alpha.4f3a', '1.20..1.21 pre'],
    ['latest', '..'],
    ['master', '..'],
    ['', '..'],
    [undefined, '..'],
    ['20240101', '..'],
    ['2024.01', '..'],
    ['1a2b3c4', '..'],
    ['ubuntu-2.8', '..'],
    ['{{ .Values.tag }}', '..'],
    ['2.8-${VARIANT}', '..'],
  ];
  for (const [tag, expected] of table) assert.equal(shown(versionOfTag(tag)), expected, String(tag));
});

test('conditions as people write them', () => {
  const table: [string, string][] = [
    ['>=1.20 <1.22', '1.20..1.22'],
    ['>= 2.1, < 3', '2.1..3'],
    ['1.20', '1.20..1.21'],
    ['2.x', '2..3'],
    ['==1.4.*', '1.4..1.5'],
    ['==1.2', '1.2..1.2.1'],
    ['~=1.4.2', '1.4.2..1.5'],
    ['~> 2.8', '2.8..3'],
    ['^1.2.3', '1.2.3..2'],
    ['^0.2.3', '0.2.3..0.3'],
    ['1.20 - 1.21', '1.20..1.21.1'],
    ['>1.2.3', '1.2.4..'],
    ['<=2', '..2.0.1'],
    ['1 || 3', '..'],
    ['whatever', '..'],
    ['>=3 <2', '..'],
    ['', '..'],
  ];
  for (const [text, expected] of table) assert.equal(shown(versionRange(text)), expected, text);
});

test('versions of build files', () => {
  assert.equal(shown(exactVersion('1.12')), '1.12.0..1.12.1');
  assert.equal(shown(exactVersion('v1.35.10')), '1.35.10..1.35.11');
  assert.equal(shown(exactVersion('2.0.0-SNAPSHOT')), '2.0.0..2.0.1 pre');
  assert.equal(shown(exactVersion('4.1.100.Final')), '4.1.100..4.1.101');
  assert.equal(shown(exactVersion('v0.0.0-20210101120000-abcdefabcdef')), '0.0.0..0.0.1 pre');
  assert.equal(shown(mavenVersionRange('[1.0,2.0)')), '1.0..2.0');
  assert.equal(shown(mavenVersionRange('[1.5]')), '1.5.0..1.5.1');
  assert.equal(shown(mavenVersionRange('(,2.0]')), '..2.0.1');
  assert.equal(shown(mavenVersionRange('1.12.+')), '1.12..1.13');
  assert.equal(shown(mavenVersionRange('latest.release')), '..');
  assert.equal(shown(npmVersionRange('^1.8.0')), '1.8.0..2.0.0');
  assert.equal(shown(npmVersionRange('1.x || >=2.5.0')), '1.0.0..');
  assert.equal(shown(npmVersionRange('1.2.3')), '1.2.3..1.2.4');
  assert.equal(isVersionKnown(npmVersionRange('*')), false);
  assert.equal(shown(npmVersionRange('latest')), '..');
});

test('affected says yes, no or maybe', () => {
  const table: [VersionRange, VersionInterval | VersionInterval[], string][] = [
    [versionOfTag('2'), { from: '2.1', before: '2.7' }, 'maybe'],
    [versionOfTag('2.3'), { from: '2.1', before: '2.7' }, 'yes'],
    [versionOfTag('2.7'), { from: '2.1', before: '2.7' }, 'no'],
    [versionOfTag('2.0'), { from: '2.1', before: '2.7' }, 'no'],
    [versionOfTag('2.8.2.3'), { before: '2.8.2.4' }, 'yes'],
    [versionOfTag('2.8.2'), { before: '2.8.2.4' }, 'maybe'],
    [versionOfTag('2.8.2.4'), { before: '2.8.2.4' }, 'no'],
    [versionOfTag('latest'), { before: '3' }, 'maybe'],
    [versionOfTag('latest'), [], 'no'],
    [versionOfTag('1.4.2'), { only: ['1.4.1', '1.4.2'] }, 'yes'],
    [versionOfTag('1.4'), { only: ['1.4.1', '1.4.2'] }, 'maybe'],
    [versionOfTag('1.5.0'), { only: ['1.4.1', '1.4.2'] }, 'no'],
    [
      versionRange('>=1.0 <3'),
      [
        { from: '1.0', before: '2.0' },
        { from: '2.0', before: '4' },
      ],
      'yes',
    ],
    [versionRange('>=1.0 <3'), [{ from: '1.0', before: '2.0' }, { from: '2.1' }], 'maybe'],
    [exactVersion('1.12.187-SNAPSHOT'), { before: '1.12.187' }, 'maybe'],
    [exactVersion('1.12.188-SNAPSHOT'), { before: '1.12.187' }, 'no'],
    [exactVersion('1.12.186'), { before: '1.12.187' }, 'yes'],
    [versionRange('>=1.22'), { before: '1.22' }, 'no'],
    [versionRange('>=1.21'), { before: '1.22' }, 'maybe'],
  ];
  for (const [range, versions, expected] of table)
    assert.equal(affected(range, versions), expected, `${range.text} in ${JSON.stringify(versions)}`);
});

test('image references', () => {
  const table: [string, [string | undefined, string, string, string | undefined, string | undefined] | undefined][] = [
    ['kong', [undefined, 'kong', 'kong', undefined, undefined]],
    ['kong:2.8-alpine', [undefined, 'kong', 'kong', '2.8-alpine', undefined]],
    ['docker.io/kong/kong-gateway:3.4', ['docker.io', 'kong/kong-gateway', 'kong-gateway', '3.4', undefined]],
    ['localhost:5000/a/kong', ['localhost:5000', 'a/kong', 'kong', undefined, undefined]],
    ['r.example:443/kong@sha256:ab', ['r.example:443', 'kong', 'kong', undefined, 'sha256:ab']],
    ['kong:2.8@sha256:ab', [undefined, 'kong', 'kong', '2.8', 'sha256:ab']],
    ['${REGISTRY:-docker.io}/kong:2.8', [undefined, '${REGISTRY:-docker.io}/kong', 'kong', '2.8', undefined]],
    ['{{ .Values.registry }}/x/kong:{{ .Values.tag }}', [undefined, '{{ .Values.registry }}/x/kong', 'kong', undefined, undefined]],
    ['${IMAGE}', undefined],
    ['my-${NAME}:1', undefined],
    ['', undefined],
    ['a b', undefined],
    [':1', undefined],
  ];
  for (const [text, expected] of table) {
    const image = parseImage(text);
    assert.deepEqual(image && [image.registry, image.path, image.name, image.tag, image.digest], expected, text);
    if (image?.tag !== undefined) assert.equal(text.slice(image.tagAt?.start, image.tagAt?.end), image.tag);
  }
  assert.equal(shown(versionOfImage(parseImage(' kong:2.8 '))), '2.8..2.9');
  assert.equal(parseImage(' kong:2.8 ')?.tagAt?.start, 6);
});

test('comparing is an order, and a version is affected by the interval it opens', () => {
  const version = fc.array(fc.nat(30), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(version, version, (a, b) => {
      assert.equal(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a)), 0);
      const text = a.join('.');
      assert.equal(affected(exactVersion(text), { from: text }), 'yes');
      assert.equal(affected(exactVersion(text), { before: text }), 'no');
      const expected = compareVersions(a, b) < 0 ? ['yes', 'maybe'] : ['no'];
      assert.ok(expected.includes(affected(exactVersion(text), { before: b.join('.') })), `${text} before ${b.join('.')}`);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      versionOfTag(text);
      versionRange(text);
      npmVersionRange(text);
      mavenVersionRange(text);
      const image = parseImage(text);
      if (image?.tagAt) assert.ok(image.tagAt.start <= image.tagAt.end && image.tagAt.end <= text.length);
    }),
  );
});
