import { ssviPoint } from '../../surface/ssvi.ts';
import type { PhiKind } from '../../surface/ssvi.ts';
import { correlation, finite, notNegative, outOfDomain, positive } from './calculator.ts';
import type { Calculator } from './calculator.ts';

const KINDS: readonly string[] = ['power', 'power2', 'heston'] satisfies readonly PhiKind[];

/** SSVI surface at one point, with Dupire's local volatility; columns and units of `ssvi_dupire.csv`. */
export const ssvi: Calculator = {
  name: 'ssvi',
  description: 'SSVI: total variance, derivatives by k and T, Durrleman g and local volatility',
  inputColumns: [['phi_kind', 'phi_p1', 'phi_p2', 'rho', 'theta', 'dtheta_dT', 'k', 'T']],
  optionalColumns: [],
  outputColumns: ['w', 'dw_dk', 'd2w_dk2', 'dw_dT', 'g', 'local_vol'],
  row(row) {
    const kind = row.text('phi_kind');
    if (!KINDS.includes(kind)) return { refused: `phi_kind is ${kind || 'empty'}: ${KINDS.join(', ')} are known` };
    const tests = { phi_p1: positive, rho: correlation, theta: positive, dtheta_dT: finite, k: finite, T: notNegative };
    const wrong = outOfDomain(row, tests);
    if (wrong) return wrong;
    const p2 = row.number('phi_p2');
    if (kind !== 'heston' && !finite(p2)) return { refused: `phi_p2 is ${row.text('phi_p2') || 'empty'}` };
    const phi = { kind: kind as PhiKind, p1: row.number('phi_p1'), p2 };
    const at = ssviPoint(phi, row.number('rho'), row.number('theta'), row.number('dtheta_dT'), row.number('k'));
    return [at.w, at.dwDk, at.d2wDk2, at.dwDt, at.g, at.localVol];
  },
};
