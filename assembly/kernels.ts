/** Entry of the WebAssembly module: what the host may call. */
export { capacity, columns } from './columns';
export { blackGreeks } from './black';
export { impliedVolatility } from './total-volatility';
