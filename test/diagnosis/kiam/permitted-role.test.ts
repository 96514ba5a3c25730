import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Permission, permission, permitting } from '../../../src/linters/kiam/permitted-role.ts';

const BASE = 'arn:aws:iam::111122223333:role/';
const STRICT = { subject: 'arn', anchored: true } as const;
const LAX = { subject: 'arn', anchored: false } as const;
const OLD = { subject: 'written', anchored: false } as const;

/** Expression, role, and what 4.0, 4.0 with --disable-strict-namespace-regexp, and 3.6 say (pkg/server/policy.go). */
const TABLE: readonly (readonly [string, string, Permission, Permission, Permission])[] = [
  ['', 'shop-orders', 'no', 'no', 'no'],
  ['.*', 'shop-orders', 'yes', 'yes', 'yes'],
  ['shop-orders', 'shop-orders', 'no', 'yes', 'yes'],
  ['^shop-orders$', 'shop-orders', 'no', 'no', 'yes'],
  ['.*role/shop-orders', 'shop-orders', 'yes', 'yes', 'no'],
  [`${BASE}shop-orders`, 'shop-orders', 'yes', 'yes', 'no'],
  [`${BASE}shop-orders`, `${BASE}shop-orders`, 'yes', 'yes', 'yes'],
  [`${BASE}shop-orders`, '/shop-orders', 'yes', 'yes', 'no'],
  [`${BASE}shop-orders`, 'shop-orders-admin', 'no', 'yes', 'no'],
  ['shop-.*', 'shop-orders', 'no', 'yes', 'yes'],
  ['.*shop-orders|payments', 'payments-admin', 'no', 'yes', 'yes'],
  ['^arn.*orders|payments', 'payments', 'yes', 'yes', 'yes'],
  ['(?i).*SHOP-orders', 'shop-orders', 'yes', 'yes', 'yes'],
  ['SHOP-orders', 'shop-orders', 'no', 'no', 'no'],
  ['.*(?:orders|payments)', 'shop-orders', 'yes', 'yes', 'yes'],
  ['(a+)+$', 'shop-orders', 'unknown', 'unknown', 'unknown'],
  ['.*a.*b.*c.*d.*e', 'shop-orders', 'unknown', 'unknown', 'unknown'],
  ['.*s.*o.*s.*', 'shop-orders', 'yes', 'yes', 'yes'],
  ['.*(?i)ORDERS', 'shop-orders', 'unknown', 'unknown', 'unknown'],
  ['(?!shop).*', 'shop-orders', 'unknown', 'unknown', 'unknown'],
  ['[[:alpha:]-]+', 'shop-orders', 'unknown', 'unknown', 'unknown'],
  ['[]a]', 'shop-orders', 'unknown', 'unknown', 'unknown'],
  ['\\pL+', 'shop-orders', 'unknown', 'unknown', 'unknown'],
  ['shop-(orders', 'shop-orders', 'unknown', 'unknown', 'unknown'],
];

describe('whether a Namespace permits a role', () => {
  for (const [expression, role, strict, lax, old] of TABLE) {
    it(`${expression || '(empty)'}: ${role}`, () => {
      const said = [STRICT, LAX, OLD].map((policy) => permission(expression, role, BASE, policy));
      assert.deepEqual(said, [strict, lax, old]);
    });
  }

  it('without the base only a whole ARN can be told', () => {
    assert.equal(permission('.*', 'shop-orders', undefined, STRICT), 'unknown');
    assert.equal(permission('.*', `${BASE}shop-orders`, undefined, STRICT), 'yes');
    assert.equal(permission('^shop', 'shop-orders', undefined, OLD), 'yes');
  });

  it('a role that is too long is not compared', () => {
    assert.equal(permission('.*', 'x'.repeat(301), BASE, OLD), 'unknown');
    assert.equal(permission('.*', 'x'.repeat(300), BASE, OLD), 'yes');
  });

  it('the expression that is offered permits the role and what was permitted', () => {
    for (const policy of [STRICT, LAX, OLD]) {
      for (const before of ['', '.*payments', '^payments$|^arn:aws:iam::111122223333:role/payments$']) {
        const wanted = permitting(before, 'team/shop+orders', BASE, policy) ?? '';
        assert.equal(permission(wanted, 'team/shop+orders', BASE, policy), 'yes', wanted);
        assert.equal(permission(wanted, 'team/shopporders', BASE, policy), 'no', wanted);
        if (before !== '') assert.equal(permission(wanted, 'payments', BASE, policy), 'yes', wanted);
      }
    }
    assert.equal(permitting('', 'shop-orders', undefined, STRICT), undefined);
  });
});
