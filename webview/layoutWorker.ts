/** The layout worker is elkjs itself: in a worker its program listens for the messages that elkjs's own API sends. */
import 'elkjs/lib/elk-worker.min.js';
