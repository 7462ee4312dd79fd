import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  classBodySizeBytes,
  classSlabSizeBytes,
  classSlotCount,
  sizeClassCount,
  sizeClassOf,
  slabUnitBytes,
  smallBodySizeBytesMax,
  spanSizeBytes,
} from './size-class.ts';

test('sizeClassOf() is the smallest class that holds the body, at every edge', () => {
  const check = (bodySizeBytes: number, classSizeBytes: number) => {
    assert.equal(
      classBodySizeBytes(sizeClassOf(bodySizeBytes)),
      classSizeBytes,
      `${bodySizeBytes}`,
    );
  };
  check(0, 256);
  check(1, 256);
  for (let sizeBytes = 256; sizeBytes < smallBodySizeBytesMax; sizeBytes *= 2) {
    check(sizeBytes - 1, sizeBytes);
    check(sizeBytes, sizeBytes);
    check(sizeBytes + 1, sizeBytes * 2);
  }
  check(smallBodySizeBytesMax, smallBodySizeBytesMax);
});

test('sizeClassOf() takes no size that a small slab cannot have', () => {
  for (const bodySizeBytes of [-1, 0.5, Number.NaN, smallBodySizeBytesMax + 1]) {
    assert.throws(() => sizeClassOf(bodySizeBytes), { name: 'AssertionFailed' });
  }
});

test('classSlotCount() leaves less than 4 % of a span unused, in every class', () => {
  for (let sizeClass = 0; sizeClass < sizeClassCount; sizeClass += 1) {
    const slabSizeBytes = classSlabSizeBytes(sizeClass);
    const usedBytes = classSlotCount(sizeClass) * slabSizeBytes;
    assert.equal(slabSizeBytes % slabUnitBytes, 0);
    assert.ok(usedBytes <= spanSizeBytes);
    assert.ok(usedBytes > 0.96 * spanSizeBytes, `class ${sizeClass}: ${usedBytes} bytes used`);
  }
});
