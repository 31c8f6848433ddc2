/** What users test with. */
@NullMarked
package io.headrace.harness;

import org.jspecify.annotations.NullMarked;
