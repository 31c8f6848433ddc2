/**
 * The lease table of the Amazon Kinesis Client Library: read, understood and written, so that an
 * application can go over to Headrace and back.
 */
@NullMarked
package io.headrace.checkpoint.kcl;

import org.jspecify.annotations.NullMarked;
