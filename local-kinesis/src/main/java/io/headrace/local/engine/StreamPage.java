package io.headrace.local.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One page of a list of streams, and the token that gets the next one if there is one. */
public record StreamPage(List<StreamView> streams, @Nullable String nextToken) {}
