/** Deribit keeps the contract of every venue file. */
import { adapter } from '../../src/venue/deribit.ts';
import { venueContract } from '../contract/venue.ts';
import { deribitCaptures } from './deribit-captures.ts';

venueContract(adapter, deribitCaptures);
