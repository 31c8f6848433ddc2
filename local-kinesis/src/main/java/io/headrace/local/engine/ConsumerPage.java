package io.headrace.local.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One page of a list of consumers, and the token that gets the next one if there is one. */
public record ConsumerPage(List<ConsumerView> consumers, @Nullable String nextToken) {}
