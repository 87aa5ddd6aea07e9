/**
 * The page in a real Chromium: the demo and a recorded crash as a person would use them, and what it costs. One file,
 * so that one browser runs at a time and the numbers are those of a machine that does nothing else.
 */
import { describe } from 'node:test';
import { crashStory } from './crash-story.ts';
import { demoStory } from './demo-story.ts';
import { loadStory } from './load-story.ts';
import { restartStory } from './restart-story.ts';
import { signInStory } from './sign-in-story.ts';
import { viewsStory } from './views-story.ts';

describe('the page under load', loadStory);
describe('the page on a recorded crash', crashStory);
describe('the page on the demo', demoStory);
describe('every view of the page', viewsStory);
describe('the page behind a token', signInStory);
describe('the page after a restart', restartStory);
