import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import '../helpers/property-seed.ts';
import { maskText, MAX_LINE } from '../../src/snapshot/mask.ts';
import { LogMatcher, matchLog, timeIn } from '../../src/snapshot/match-log.ts';

describe('masking', () => {
  const secrets: readonly (readonly [string, string])[] = [
    ['token=s3cr3tword', 's3cr3tword'],
    ['password: "two words"', 'two words'],
    ['{"client_secret":"s3cr3t","x":1}', 's3cr3t'],
    ['{\\"password\\":\\"s3cr3t\\"}', 's3cr3t'],
    ['DB_PASSWORD=s3cr3t next', 's3cr3t'],
    ['MY_API_KEY = s3cr3t', 's3cr3t'],
    ['authorization: Token s3cr3t', 's3cr3t'],
    ['Authorization: Bearer abcdef123456', 'abcdef123456'],
    ['sent Basic dXNlcjpwYXNz', 'dXNlcjpwYXNz'],
    ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl end', 'c2lnbmF0dXJl'],
    ['connecting to postgres://app:s3cr3t@db:5432/x', 's3cr3t'],
    ['dsn app:s3cr3t@tcp(db:3306)/orders', 's3cr3t'],
    ['key AKIAIOSFODNN7EXAMPLE used', 'AKIAIOSFODNN7EXAMPLE'],
    ['secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY used', 'bPxRfiCYEXAMPLEKEY'],
    ['sha 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c', '9f86d081884c7d65'],
    ['id 123e4567-e89b-12d3-a456-426614174000', '426614174000'],
    ['mail from jane.doe@example.com', 'jane.doe'],
    ['Cookie: session=abc; theme=dark', 'abc'],
    ['Set-Cookie: a=b', 'a=b'],
    ['GET /x?code=s3cr3t&state=other HTTP/1.1', 's3cr3t'],
    ['ghp_0123456789abcdefghijABCDEFGHIJ012345', 'ghp_01234'],
    ['xoxb-123456789012-abcdefghijkl', '123456789012'],
    ['-----BEGIN RSA PRIVATE KEY----- MIIEow', 'MIIEow'],
  ];
  for (const [line, secret] of secrets) it(line.slice(0, 50), () => assert.ok(!maskText(line).includes(secret), maskText(line)));

  it('leaves what tells of an incident', () => {
    const lines = [
      '2026/11/21 12:00:00 [alert] 1#0: worker process 25 exited on signal 9',
      '[lua] handler.lua:812: could not rebuild router: no memory (stale router will be used), context: ngx.timer',
      'bypassing build_router lock: timeout',
      'The security token included in the request is expired',
      'invalid connection: broken pipe [/usr/local/share/lua/5.1/kong/runloop/handler.lua:55]',
      'pod orders-service-7d9c4b5f6d-abcde in namespace shop was killed',
      'rpc error: code = Unavailable desc = transport is closing: too_many_pings ENHANCE_YOUR_CALM',
    ];
    for (const line of lines) assert.equal(maskText(line), line);
  });

  it('cuts long lines around what matched', () => {
    const line = `${'a word '.repeat(200)}NEEDLE${' another'.repeat(200)}`;
    const at = line.indexOf('NEEDLE');
    const masked = maskText(line, { start: at, end: at + 6 });
    assert.ok(masked.length <= MAX_LINE);
    assert.ok(masked.includes('NEEDLE'));
  });

  it('never grows beyond its limit, whatever the line', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 2000, unit: 'binary' }),
        fc.nat(2000),
        (text, start) => maskText(text, { start, end: start }).length <= MAX_LINE,
      ),
    );
  });

  it('takes linear time', () => {
    for (const piece of ['a', 'password', 'x=', '://', 'a:b', '@', '[&?]a=', 'eyJaaaa.', '-', '"', ' ', 'A1']) {
      const started = performance.now();
      maskText(piece.repeat(Math.ceil(16_384 / piece.length)));
      const elapsedMs = performance.now() - started;
      assert.ok(elapsedMs < 20_000, `${piece}: ${elapsedMs} ms`);
    }
  });
});

describe('matching a log', () => {
  const signatures = [
    { id: 'killed', pattern: /worker process (?<pid>\d+) exited on signal 9/ },
    { id: 'slow', pattern: /took (?<durationMs>\d+) ms/g },
    { id: 'never', pattern: /not there/ },
  ];

  it('counts, keeps the last line masked, its time and the numbers', () => {
    const log = [
      '2026-11-21T11:00:00.123456789Z 2026/11/21 [alert] 1#0: worker process 7 exited on signal 9',
      '2026-11-21T11:05:00Z nothing',
      '2026-11-21T11:10:00.5Z worker process 8 exited on signal 9 token=abc',
      'GET took 12 ms\r',
      'GET took 15 ms',
      '',
    ].join('\n');
    assert.deepEqual(matchLog(log, signatures), {
      lines: 5,
      matches: [
        {
          signature: 'killed',
          count: 2,
          line: 'worker process 8 exited on signal 9 token=***',
          at: '2026-11-21T11:10:00.500Z',
          numbers: { pid: [7, 8] },
        },
        { signature: 'slow', count: 2, line: 'GET took 15 ms', numbers: { durationMs: [12, 15] } },
      ],
    });
  });

  it('keeps the last 50 numbers', () => {
    const matcher = new LogMatcher(signatures);
    for (let n = 0; n < 60; n++) matcher.line(`took ${n} ms`);
    const [match] = matcher.state().matches;
    assert.equal(match?.count, 60);
    assert.deepEqual([match?.numbers?.durationMs?.length, match?.numbers?.durationMs?.[0]], [50, 10]);
  });

  const times: readonly (readonly [string, string | undefined])[] = [
    ['2026-11-21T11:00:00Z x', '2026-11-21T11:00:00Z'],
    ['2026-11-21 11:00:00,123 INFO', '2026-11-21T11:00:00.123Z'],
    ['2026/11/21 11:00:00 [error] 1#0', '2026-11-21T11:00:00Z'],
    ['{"time":"2026-11-21T11:00:00+02:00"}', '2026-11-21T09:00:00Z'],
    ['10.0.0.1 - - [21/Nov/2026:11:00:00 +0100] "GET /"', '2026-11-21T10:00:00Z'],
    ['{"level":"info","ts":1795258800.25}', '2026-11-21T11:00:00Z'],
    ['2026-13-41T99:00:00Z', undefined],
    ['no time', undefined],
  ];
  for (const [line, expected] of times) it(line, () => assert.equal(timeIn(line), expected));
});
