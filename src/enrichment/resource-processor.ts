// Turns the configured processors into one list of attribute operations, in pipeline order, and
// that list into the plan that the kernel splices by. Made once at start; the data path only sees
// the plan.

import { unreachable } from '../assert.ts';
import type { ProcessorConfig } from '../config/config.ts';
import { encodeSplicePlan, type SpliceOp } from '../kernel/splice-plan.ts';
import type { DetectedResource } from './resource-detection.ts';

/**
 * Empty when nothing is to be changed. Throws CONFIG when the operations are more than a plan can
 * hold.
 */
export function planEnrichment(
  processors: readonly ProcessorConfig[],
  detected: DetectedResource,
): Uint8Array {
  const ops = spliceOps(processors, detected);
  return ops.length === 0 ? new Uint8Array(0) : encodeSplicePlan(ops);
}

export function spliceOps(
  processors: readonly ProcessorConfig[],
  detected: DetectedResource,
): readonly SpliceOp[] {
  return processors.flatMap((processor): readonly SpliceOp[] => {
    switch (processor.kind) {
      case 'resource':
        return processor.attributes;
      case 'resourcedetection': {
        const action = processor.override ? 'upsert' : 'insert';
        const attributes = new Map<string, string>();
        for (const detector of processor.detectors) {
          for (const [key, value] of detected[detector]) {
            // Of two detectors of one processor the first one that knows the key decides.
            if (!attributes.has(key)) attributes.set(key, value);
          }
        }
        return [...attributes].map(([key, value]): SpliceOp => ({ key, action, value }));
      }
      default:
        return unreachable(processor, 'processor');
    }
  });
}
