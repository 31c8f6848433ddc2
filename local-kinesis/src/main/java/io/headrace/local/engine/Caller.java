package io.headrace.local.engine;

/** Who calls, as the credential scope of the request says. */
public record Caller(String account, String region) {}
