/** What {@code headrace run app.yaml} reads. The only user of YAML. */
@NullMarked
package io.headrace.function.settings;

import org.jspecify.annotations.NullMarked;
