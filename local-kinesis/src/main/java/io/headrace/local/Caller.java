package io.headrace.local;

/** Who calls, as the credential scope of the request says. */
record Caller(String account, String region) {}
