/** Whether a process holds what it held, however often workers come and go in it. */
package io.headrace.acceptance.soak;
