#!/bin/sh
# The first process of a node: makes the namespaces that it is in look like a machine of its own, then waits.
# Usage: node.sh NAME DIRECTORY CGROUP-MOUNT-OPTIONS...   DIRECTORY keeps what the node writes, over restarts
set -e
name=$1 directory=$2
shift 2
# Its process id outside, which only the old /proc still knows.
read -r pid rest < /proc/self/stat
mount --make-rprivate /
hostname "$name"
# What is mounted below these now is another's, and would be found by who reads the table of mounts.
for folder in /sys /run; do
  while umount --recursive --lazy $folder 2> /dev/null; do :; done
done
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /sys/fs/cgroup
for options in "$@"; do
  folder=/sys/fs/cgroup/${options#none,name=}
  mkdir "$folder"
  mount -t cgroup -o "$options" cgroup "$folder"
done
mount -t tmpfs tmpfs /run
for folder in etc var; do
  mkdir -p "$directory/$folder/upper" "$directory/$folder/work"
  mount -t overlay -o "lowerdir=/$folder,upperdir=$directory/$folder/upper,workdir=$directory/$folder/work" overlay "/$folder"
done
# The kubelet sets these on the whole machine unless they have these values already: it sees files that say so.
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
  kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  file=/run/kernel/${setting%=*}
  mkdir -p "${file%/*}"
  echo "${setting#*=}" > "$file"
  mount --bind "$file" "/proc/sys/${setting%=*}"
done
# Containers' root file systems are overlays, which cannot lie on an overlay themselves.
for folder in containerd kubelet; do
  mkdir -p "$directory/$folder" "/var/lib/$folder"
  mount --bind "$directory/$folder" "/var/lib/$folder"
done
mount --make-rshared /
echo "ready $pid"
# Collects orphans, as the first process must, until it is killed.
sleep infinity &
wait
