import { Button, MultiSelect, TextInput } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, call } from "../api";
import { Drawer } from "../parts/Drawer";
import { Problem } from "../parts/Problem";
import { useMe } from "../queries";
import { nameOf, type User, useRoles } from "./access";
import { PasswordField } from "./PasswordField";

interface Props {
  /** None: a new one. */
  user: User | null;
  onClose: () => void;
}

/** One account: who it is, its roles, and a new password for it. */
export function UserDrawer({ user, onClose }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data: me } = useMe();
  const { data: roles = me?.roles ?? [] } = useRoles();
  const [email, setEmail] = useState(user?.email ?? "");
  const [nickname, setNickname] = useState(user?.nickname ?? "");
  const [password, setPassword] = useState("");
  const [held, setHeld] = useState<string[] | null>(user?.roles?.map((each) => each.name) ?? null);
  const title = user ? nameOf(user) : t("access:newUser");
  const done = async () => {
    await Promise.all(
      ["users", "me"].map((each) => queries.invalidateQueries({ queryKey: [each] })),
    );
    onClose();
  };
  const save = useMutation({
    mutationFn: () =>
      call(user ? `users:update/${user.id}` : "users:create", {
        body: {
          email,
          nickname,
          ...(password && { password }),
          ...(held && { roles: held }),
        },
      }),
    onSuccess: done,
  });
  const destroy = useMutation({
    mutationFn: () => call(`users:destroy/${user?.id}`, { method: "POST" }),
    onSuccess: done,
  });
  const known = save.error instanceof ApiError ? save.error : null;
  const errors: Record<string, string> = { ...known?.byField };
  for (const issue of known?.issues ?? [])
    if (issue.code === "UNIQUE_VIOLATION" && issue.field) errors[issue.field] = t("access:taken");
  if (known?.code === "WEAK_PASSWORD") errors.password = t("access:weakPassword");
  const shown = ["email", "nickname", "password", "roles"].some((each) => errors[each]);

  const confirmDelete = () =>
    modals.openConfirmModal({
      title: t("access:deleteUser", { name: title }),
      children: t("access:deleteUserHint"),
      labels: { confirm: t("delete"), cancel: t("cancel") },
      confirmProps: { variant: "outline", color: "var(--bad)" },
      onConfirm: () => destroy.mutate(),
    });

  return (
    <Drawer
      title={title}
      label={title}
      onClose={onClose}
      footer={
        <>
          {user && user.id !== me?.id && (
            <Button variant="subtle" color="red" onClick={confirmDelete}>
              {t("delete")}
            </Button>
          )}
          <span className="grow" />
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button type="submit" form="user" loading={save.isPending}>
            {t(user ? "save" : "create")}
          </Button>
        </>
      }
    >
      <form
        id="user"
        style={{ display: "contents" }}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <TextInput
          label={t("email")}
          type="email"
          autoComplete="off"
          autoFocus={!user}
          required={!user}
          withAsterisk={false}
          value={email}
          error={errors.email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <TextInput
          label={t("access:nickname")}
          value={nickname}
          error={errors.nickname}
          onChange={(event) => setNickname(event.currentTarget.value)}
        />
        {user !== null && user.id === me?.id ? (
          <p className="hint" style={{ margin: 0 }}>
            {t("access:ownPasswordHint")}
          </p>
        ) : (
          <PasswordField
            label={t(user ? "access:newPassword" : "password")}
            hint={t(user ? "access:newPasswordHint" : "access:passwordHint")}
            required={!user}
            value={password}
            error={errors.password}
            onChange={setPassword}
          />
        )}
        <MultiSelect
          label={t("roles")}
          description={user || held ? undefined : t("access:defaultRoleHint")}
          data={roles.map((each) => ({ value: each.name, label: each.title || each.name }))}
          value={held ?? []}
          error={errors.roles}
          onChange={setHeld}
        />
        {!shown && <Problem error={save.error ?? destroy.error} />}
      </form>
    </Drawer>
  );
}
