import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestHead, TrailerCheck } from './request-head.ts';

type Fields = readonly (readonly [name: string, value: string])[];

const post: Fields = [
  [':method', 'POST'],
  [':scheme', 'https'],
  [':path', '/v1/logs'],
];

function headOf(fields: Fields): RequestHead {
  const head = new RequestHead();
  for (const [name, value] of fields) head.field(name, value, true);
  return head;
}

test('RequestHead has what the request says', () => {
  const head = headOf([...post, [':authority', 'a'], ['x', '1'], ['y', '2'], ['x', '3']]);
  assert.equal(head.malformed, undefined);
  assert.deepEqual([head.method, head.path], ['POST', '/v1/logs']);
  assert.deepEqual(
    [head.header('x'), head.header('y'), head.header('z')],
    ['1, 3', '2', undefined],
  );
  assert.equal(head.header('host'), 'a');
  assert.deepEqual([head.fieldCount, head.listSizeBytes], [7, 7 * 32 + 11 + 12 + 13 + 11 + 3 * 2]);
});

test('RequestHead prefers host to :authority', () => {
  assert.equal(headOf([...post, [':authority', 'a'], ['host', 'b']]).header('host'), 'b');
});

test('malformed tells requests that RFC 9113 does not allow', () => {
  const wrong: readonly Fields[] = [
    [],
    post.slice(1),
    post.slice(0, 2),
    [post[0]!, post[2]!],
    [...post, [':method', 'GET']],
    [...post, [':status', '200']],
    [...post, [':other', 'x']],
    [...post, ['x', 'y'], [':authority', 'a']],
    [post[0]!, post[1]!, [':path', '']],
    [post[0]!, [':scheme', ''], post[2]!],
    [...post, ['connection', 'close']],
    [...post, ['proxy-connection', 'close']],
    [...post, ['keep-alive', '5']],
    [...post, ['transfer-encoding', 'chunked']],
    [...post, ['upgrade', 'h2c']],
    [...post, ['te', 'gzip']],
    [...post, ['content-length', '']],
    [...post, ['content-length', '-1']],
    [...post, ['content-length', '1e3']],
    [...post, ['content-length', '1'.repeat(16)]],
    [...post, ['content-length', '1'], ['content-length', '2']],
    [
      [':method', 'CONNECT'],
      [':path', '/'],
    ],
  ];
  for (const fields of wrong) {
    assert.notEqual(headOf(fields).malformed, undefined, JSON.stringify(fields));
  }
  const head = headOf(post);
  head.field('x', 'y', false);
  assert.notEqual(head.malformed, undefined);
});

test('malformed does not tell others', () => {
  const right: readonly Fields[] = [
    post,
    [...post, ['te', 'trailers']],
    [...post, ['content-length', '5'], ['content-length', '5']],
    [
      [':method', 'CONNECT'],
      [':authority', 'a'],
    ],
  ];
  for (const fields of right) assert.equal(headOf(fields).malformed, undefined);
});

test('a list that is too large is counted and not kept', () => {
  const head = headOf(post);
  for (let count = 0; count < 97; count += 1) head.field(`x-${count}`, '', true);
  assert.equal(head.isTooLarge, false);
  head.field('x-last', 'y', true);
  assert.equal(head.isTooLarge, true);
  assert.equal(head.header('x-last'), undefined);
  assert.equal(head.fieldCount, 101);
  const long = headOf(post);
  long.field('x', 'y'.repeat(16_384), true);
  assert.equal(long.isTooLarge, true);
  assert.equal(long.header('x'), undefined);
});

test('TrailerCheck tells what trailers must not have', () => {
  const check = (...fields: readonly (readonly [string, string, boolean])[]) => {
    const trailers = new TrailerCheck();
    for (const [name, value, wellFormed] of fields) trailers.field(name, value, wellFormed);
    return trailers.malformed !== undefined;
  };
  assert.equal(check(['x', 'y', true]), false);
  assert.equal(check(['x', 'y', false]), true);
  assert.equal(check([':path', '/', true]), true);
  assert.equal(check(['x', 'y'.repeat(16_384 - 33), true]), false);
  assert.equal(check(['x', 'y'.repeat(16_384 - 32), true]), true);
});
