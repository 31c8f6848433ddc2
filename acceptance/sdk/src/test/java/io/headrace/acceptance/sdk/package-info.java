/** The AWS SDKs, with their default settings, against the local Kinesis. */
@NullMarked
package io.headrace.acceptance.sdk;

import org.jspecify.annotations.NullMarked;
