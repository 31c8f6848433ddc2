/** Amazon Kinesis Data Streams behind the StreamSource port. */
@NullMarked
package io.headrace.kcl.kinesis;

import org.jspecify.annotations.NullMarked;
