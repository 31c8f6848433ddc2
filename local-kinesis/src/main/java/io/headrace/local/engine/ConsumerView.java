package io.headrace.local.engine;

/** A registered consumer at one moment. */
public record ConsumerView(ConsumerArn arn, ConsumerStatus status, long createdMillis) {}
