import { batchMetric } from './metric.ts';

/** Parity and poll noise below which a gap says nothing, basis points: two messages are never of one instant. */
const FLOOR_BP = 2;

/** F_parity / F_venue - 1 in basis points. */
export const parityGap = batchMetric(
  'parity_gap_bp',
  'bp',
  'forward from put-call parity against the published one',
  (batch) => (batch.forwardParity / batch.forwardVenue - 1) * 1e4,
);

/** The same gap in standard errors of the parity forward, with a floor of two basis points. */
export const parityGapErrors = batchMetric(
  'parity_gap_errors_ratio',
  '1',
  'forward gap in standard errors of the parity forward',
  (batch) => {
    const floor = FLOOR_BP * 1e-4 * batch.forwardVenue;
    const error = Math.sqrt(batch.forwardParityError * batch.forwardParityError + floor * floor);
    return (batch.forwardParity - batch.forwardVenue) / error;
  },
);
