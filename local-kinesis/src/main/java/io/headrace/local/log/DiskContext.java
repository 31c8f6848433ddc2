package io.headrace.local.log;

/** What all logs of one folder share. */
record DiskContext(
    DiskSettings settings, Disk disk, GroupSync sync, OpenFiles openFiles, ByteBudget budget) {}
