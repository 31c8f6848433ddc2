/**
 * The rules of Lambda's event source mapping for Kinesis, each with what runs it: data in {@code
 * src/test/resources/lambda-conformance.yaml}, run against the whole runtime in virtual time.
 */
@NullMarked
package io.headrace.harness.conformance;

import org.jspecify.annotations.NullMarked;
