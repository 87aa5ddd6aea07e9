/** The simulated venue in a process of its own: the load of the live bench. Prints its address; ends with its parent. */
import { startSimulatedDeribit } from '../../src/server/simulated-deribit.ts';

const [activity, paced] = [Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 1)];
const venue = await startSimulatedDeribit({
  seed: 11,
  script: 'busy',
  underlyings: ['BTC', 'ETH'],
  instrumentLimit: 400,
  activity,
  paced,
  rateLimits: null,
});
process.stdout.write(`${venue.wsUrl}\n`);
process.stdin.on('end', () => process.exit(0)).resume();
