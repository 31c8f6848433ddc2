package io.headrace.samples;

import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.StreamSource;

/** An entry and the stream that it goes to. */
public record Put(StreamSource stream, Entry entry) {}
